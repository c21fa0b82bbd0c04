// SPDX-License-Identifier: GPL-2.0-or-later
// What a host asks a gateway for and what it then holds: one binding, RSIPSEC (RFC 3104) or RSAP-IP (RFC 3103).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "types/ids.hpp"
#include "types/ipv4.hpp"
#include "wire/message.hpp"

namespace rsip::host {

/// What to ask for. Without SPIs it is RSAP-IP, which must have ports.
struct Wish {
  std::uint8_t ports = 8;
  std::uint16_t spis = 16;
  std::optional<LeaseTime> lease;  ///< nothing: as long as the gateway likes
};

/// What the gateway granted. Runs are in ascending order and never touch each other.
struct Grant {
  ClientId client{};
  BindId bind{};
  Ipv4 address;
  std::vector<Run<Port>> ports;
  std::vector<Run<Spi>> spis;
  LeaseTime lease{};
  std::optional<Ipv4> tunnel_endpoint;  ///< nothing: the gateway itself

  /// Whether the host's kernel and IKE daemon need no change when `other` replaces this.
  bool same_resources(const Grant& other) const {
    return address == other.address && ports == other.ports && spis == other.spis &&
           tunnel_endpoint == other.tunnel_endpoint;
  }
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// The request for `wish`; with `old`, for just the address, ports and SPIs held before (RFC 3103 section 10.5).
wire::Message assign_request(ClientId client, const Wish& wish, const Grant* old = nullptr);

/// Reads an ASSIGN_RESPONSE to the request for `wish`. The error is why it cannot be used, "1 port instead of 8".
tl::expected<Grant, std::string> understand(const wire::AssignResponseRsipsec& response, const Wish& wish);
tl::expected<Grant, std::string> understand(const wire::AssignResponseRsapIp& response, const Wish& wish);

/// How many ports or SPIs the runs hold.
template <typename Id>
std::uint32_t total(const std::vector<Run<Id>>& runs) {
  std::uint32_t sum = 0;
  for (const Run<Id>& run : runs) sum += run.count;
  return sum;
}

}  // namespace rsip::host
