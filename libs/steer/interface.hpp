// SPDX-License-Identifier: GPL-2.0-or-later
// What the daemon asks about interfaces and addresses before it starts. The socket is one of NETLINK_ROUTE.
#pragma once

#include <optional>
#include <string_view>

#include "netlink/socket.hpp"
#include "steer/element.hpp"
#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::steer {

struct Interface {
  Device device;
  std::uint32_t mtu = 0;  ///< bytes
  bool up = false;
};

/// Nothing where there is no such interface.
Result<std::optional<Interface>> find_interface(netlink::Socket& socket, std::string_view name);

/// The first primary IPv4 address of an interface; nothing where it has none.
Result<std::optional<Ipv4>> primary_address(netlink::Socket& socket, const Device& device);

/// Where this machine would send a packet.
struct RoutingDecision {
  std::uint8_t type = 0;     ///< RTN_UNICAST, RTN_LOCAL, RTN_BLACKHOLE and so on
  std::uint32_t device = 0;  ///< interface index; 0 for RTN_BLACKHOLE and the like
};

/// Nothing where there is no route.
Result<std::optional<RoutingDecision>> routing_decision(netlink::Socket& socket, Ipv4 address);

/// Whether packets to `address` end at this machine: it is one of its own, or a blackhole, unreachable or prohibit
/// route covers it.
Result<bool> is_local_or_routed_here(netlink::Socket& socket, Ipv4 address);

}  // namespace rsip::steer
