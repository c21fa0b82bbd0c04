// SPDX-License-Identifier: GPL-2.0-or-later
// Where the kernel would send packets. The socket is one of NETLINK_ROUTE.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "netlink/socket.hpp"
#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::steer {

/// An entry of the kernel's routing tables.
struct Route {
  Prefix destination;
  bool own = false;                    ///< an address of this machine itself, on `devices`
  std::vector<std::uint32_t> devices;  ///< ifindexes of its next hops; several in a multipath route
};

/// The entry that decides about packets to `address`, at the same cost whatever the number of routes. Nothing where
/// packets go nowhere (no route, or one like blackhole) or not to one host (broadcast, multicast).
Result<std::optional<Route>> find_route(netlink::Socket& socket, Ipv4 address);

/// The unicast routes of the main table with a next hop on the device. The socket must filter_dumps(); EINTR where the
/// table changed meanwhile.
Result<std::vector<Route>> list_routes(netlink::Socket& socket, std::uint32_t ifindex);

}  // namespace rsip::steer
