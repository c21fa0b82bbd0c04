// SPDX-License-Identifier: GPL-2.0-or-later
// What a host holds: one binding, and the messages that ask for it and grant it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "host/wish.hpp"
#include "types/cookie_prefix.hpp"
#include "wire/message.hpp"

namespace rsip::host {

/// What the gateway granted. Runs are in ascending order and never touch each other.
struct Grant {
  Kind kind = Kind::rsipsec;
  ClientId client{};
  BindId bind{};
  Ipv4 address;
  std::vector<Run<Port>> ports;
  std::vector<Run<Spi>> spis;
  std::optional<RemoteHost> remote;  ///< the only one it may be used with; nothing: any
  LeaseTime lease{};
  TunnelType tunnel = TunnelType::ip_ip;
  std::optional<Ipv4> tunnel_endpoint;        ///< nothing: the gateway itself
  std::optional<CookiePrefix> cookie_prefix;  ///< what the cookies that IKE chooses on this host must begin with

  /// Whether the host's kernel and IKE daemon need no change when `other` replaces this.
  bool same_resources(const Grant& other) const {
    return address == other.address && ports == other.ports && spis == other.spis && tunnel == other.tunnel &&
           tunnel_endpoint == other.tunnel_endpoint && cookie_prefix == other.cookie_prefix;
  }
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// The request for `wish`; with `old`, for just what was held before: address, ports, SPIs, cookie prefix (RFC 3103
/// section 10.5).
wire::Message assign_request(ClientId client, const Wish& wish, const Grant* old = nullptr);

/// Reads the response to the request for `wish`, and checks that it may be what RFC 3103 sections 9.7.3, 9.9.3 and
/// 9.17.3 allow. The error is why it cannot be used, "1 ports instead of 8".
tl::expected<Grant, std::string> understand(const wire::Message& response, const Wish& wish);

/// The client and bind ID of a message that grants something; nothing for any other message.
struct GrantIds {
  ClientId client{};
  BindId bind{};
};
std::optional<GrantIds> grant_ids(const wire::Message& response);

/// How many ports or SPIs the runs hold.
template <typename Id>
std::uint32_t total(const std::vector<Run<Id>>& runs) {
  std::uint32_t sum = 0;
  for (const Run<Id>& run : runs) sum += run.count;
  return sum;
}

}  // namespace rsip::host
