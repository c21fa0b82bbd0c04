// SPDX-License-Identifier: GPL-2.0-or-later
// What may happen to a gateway, one thing at a time, as values: so that a sequence can be made at random, run again
// with some of them left out, and printed.
#pragma once

#include <chrono>
#include <string>

#include "gateway/gateway.hpp"
#include "model.hpp"
#include "wire_random.hpp"

namespace rsip::test {

struct Operation {
  enum class Kind {
    request,  ///< `host` sends `request`
    ike,      ///< `host` sends the first packet of an IKE exchange from `address` to `remote` through its `tunnel`
    wait,     ///< `time` goes by
    expire,   ///< the gateway's timer
    settle,   ///< answers have left: a tunnel that nobody needs may go
    restart,  ///< another run of the gateway, over the same kernel and journal
  };
  Kind kind = Kind::settle;
  Ipv4 host;

  wire::Message request;  ///< the IDs in it are put right when it is sent
  bool wrong_client = false;
  std::size_t nth_binding = 0;  ///< of the host's; a number that it does not have where there are fewer
  gateway::Transport transport = gateway::Transport::tcp;
  enum class Count { next, same, older, none } count = Count::next;  ///< the message counter of a datagram

  Ipv4 address;
  Ipv4 remote;
  TunnelType tunnel = TunnelType::ip_ip;
  Cookie cookie{};
  bool by_prefix = false;  ///< with the host's own cookie prefix from its address, where it has one
  Failures failures;       ///< of the kernel, while this happens
  std::chrono::milliseconds time{};
};

/// "10.0.0.7 ASSIGN_REQUEST_RSAP_IP ports 2000-2003, commits fail".
std::string to_string(const Operation& operation);

/// One of `hosts` hosts from `first_host` on does something, mostly something that makes sense.
inline constexpr Ipv4 first_host{0x0a000001};
inline constexpr Ipv4 first_remote{0xcb007101};  ///< of four
Operation random_operation(Random& random, const lease::Config& config, std::uint32_t hosts);

}  // namespace rsip::test
