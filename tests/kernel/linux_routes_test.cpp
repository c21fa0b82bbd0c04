// SPDX-License-Identifier: GPL-2.0-or-later
// Which side the kernel's routes lead to.
#include "daemon/linux_routes.hpp"

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "namespace.hpp"

namespace linux_routes_test {

using namespace rsip;
using namespace rsip::test;
using Side = gateway::Routes::Side;

namespace {

void add_multipath_route(Ipv4 destination, std::uint8_t prefix_length, std::string_view one, std::string_view other) {
  std::array<rtnexthop, 2> hops{};
  for (rtnexthop& hop : hops) hop.rtnh_len = sizeof(hop);
  hops[0].rtnh_ifindex = static_cast<int>(index_of(one));
  hops[1].rtnh_ifindex = static_cast<int>(index_of(other));
  std::array<std::uint8_t, sizeof(hops)> bytes{};
  std::memcpy(bytes.data(), hops.data(), sizeof(hops));

  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  REQUIRE(socket);
  netlink::Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  rtmsg& route = message.header<rtmsg>();
  route.rtm_family = AF_INET;
  route.rtm_dst_len = prefix_length;
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_STATIC;
  route.rtm_scope = RT_SCOPE_LINK;
  route.rtm_type = RTN_UNICAST;
  message.put_address(RTA_DST, destination);
  message.put_bytes(RTA_MULTIPATH, bytes);
  const Result<void> added = socket->request(message, "add a multipath route");
  REQUIRE_MESSAGE(added, added.error().text());
}

}  // namespace

TEST_CASE("routes: to the private side, to the public one, or to neither") {
  const Namespace space;
  const Namespace far;
  const Inside inside(space);
  make_veth("lan", {2, 0, 0, 0, 0, 1}, "x", far);
  make_veth("dmz", {2, 0, 0, 0, 0, 2}, "d", far);
  make_veth("wan", {2, 0, 0, 0, 0, 3}, "y", far);
  make_veth("oob", {2, 0, 0, 0, 0, 4}, "o", far);
  add_address("lan", Ipv4{0x0a000001}, 24);
  add_address("dmz", Ipv4{0x0a010001}, 24);
  add_address("wan", Ipv4{0xc6336401}, 24);
  add_address("oob", Ipv4{0xc0a80001}, 24);
  add_route(Ipv4{}, 0, RTN_UNICAST, "wan");
  add_multipath_route(Ipv4{0x0a080000}, 16, "lan", "dmz");
  add_multipath_route(Ipv4{0x0a090000}, 16, "lan", "wan");

  const auto routes = LinuxRoutes::open({"lan", "dmz"}, {"wan"});
  REQUIRE_MESSAGE(routes, routes.error().text());
  const auto side_of = [&](std::uint32_t address) -> std::string {
    const auto route = (*routes)->route_to(Ipv4{address});
    REQUIRE_MESSAGE(route, route.error().text());
    if (!*route) return "neither";
    return to_string((*route)->destination) + ((*route)->side == Side::private_side ? " private" : " public");
  };
  CHECK(side_of(0x0a00000b) == "10.0.0.0/24 private");
  CHECK(side_of(0x0a000001) == "10.0.0.1/32 private");  // our own
  CHECK(side_of(0x0a01000b) == "10.1.0.0/24 private");
  CHECK(side_of(0x0a080001) == "10.8.0.0/16 private");
  CHECK(side_of(0x0a090001) == "neither");  // both
  CHECK(side_of(0xc6336402) == "198.51.100.0/24 public");
  CHECK(side_of(0xc6336401) == "neither");  // our own
  CHECK(side_of(0xc0a80002) == "neither");  // another interface
  CHECK(side_of(0x08080808) == "0.0.0.0/0 public");

  auto networks = (*routes)->private_networks();
  REQUIRE_MESSAGE(networks, networks.error().text());
  std::ranges::sort(*networks);
  networks->erase(std::unique(networks->begin(), networks->end()), networks->end());
  const std::vector<Prefix> expected{*parse_prefix("10.0.0.0/24"), *parse_prefix("10.1.0.0/24"),
                                     *parse_prefix("10.8.0.0/16")};
  CHECK(*networks == expected);

  const auto while_one_is_away = LinuxRoutes::open({"lan"}, {"away", "wan"});
  REQUIRE(while_one_is_away);
  CHECK((*while_one_is_away)->route_to(Ipv4{0xc6336402}).value()->side == Side::public_side);
}

}  // namespace linux_routes_test
