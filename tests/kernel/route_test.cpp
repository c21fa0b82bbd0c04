// SPDX-License-Identifier: GPL-2.0-or-later
// Where the kernel sends packets, for QUERY (RFC 3103 section 9.14).
#include "steer/route.hpp"

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "namespace.hpp"

namespace route_test {

using namespace rsip;
using namespace rsip::test;

namespace {

/// A gateway with a private link, a router there, a public link and a default route.
struct Gateway {
  Gateway() {
    make_veth("lan", {2, 0, 0, 0, 0, 1}, "x", hosts);
    make_veth("wan", {2, 0, 0, 0, 0, 2}, "y", peers);
    add_address("lan", Ipv4{0x0a000001}, 24);
    add_address("wan", Ipv4{0xc6336401}, 24);
    add_route(Ipv4{0x0a080000}, 16, RTN_UNICAST, "lan");
    add_route(Ipv4{0x0a080500}, 24, RTN_UNICAST, "wan");
    add_route(Ipv4{}, 0, RTN_UNICAST, "wan");
    add_route(Ipv4{0xcb007100}, 28, RTN_BLACKHOLE);
    add_route(Ipv4{0xcb007110}, 28, RTN_UNREACHABLE);
    add_route(Ipv4{0xcb007120}, 28, RTN_PROHIBIT);
    socket = netlink::Socket::open(NETLINK_ROUTE);
    REQUIRE(socket);
    REQUIRE(socket->filter_dumps());
  }

  std::optional<steer::Route> find(std::uint32_t address) {
    const Result<std::optional<steer::Route>> found = steer::find_route(*socket, Ipv4{address});
    REQUIRE_MESSAGE(found, found.error().text());
    return *found;
  }

  Namespace space;
  Namespace hosts;
  Namespace peers;
  Inside inside{space};
  Result<netlink::Socket> socket = failure(0, "not open yet");
};

}  // namespace

TEST_CASE("route: the entry that decides about an address") {
  Gateway gateway;
  const auto check = [&](std::uint32_t address, std::string_view destination, bool own, std::string_view device) {
    CAPTURE(to_string(Ipv4{address}));
    const std::optional<steer::Route> route = gateway.find(address);
    REQUIRE(route);
    CHECK(to_string(route->destination) == destination);
    CHECK(route->own == own);
    CHECK(route->devices == std::vector{index_of(device)});
  };
  check(0x0a00000b, "10.0.0.0/24", false, "lan");
  check(0x0a000001, "10.0.0.1/32", true, "lan");
  check(0x0a080101, "10.8.0.0/16", false, "lan");
  check(0x0a080501, "10.8.5.0/24", false, "wan");
  check(0xc6336402, "198.51.100.0/24", false, "wan");
  check(0xc6336401, "198.51.100.1/32", true, "wan");
  check(0x08080808, "0.0.0.0/0", false, "wan");
}

TEST_CASE("route: what leads to no host has none") {
  Gateway gateway;
  CHECK_FALSE(gateway.find(0xcb007105));
  CHECK_FALSE(gateway.find(0xcb007115));
  CHECK_FALSE(gateway.find(0xcb007125));
  CHECK_FALSE(gateway.find(0x0a0000ff));  // broadcast
  CHECK_FALSE(gateway.find(0xe0000001));  // multicast
  CHECK_FALSE(gateway.find(0xffffffff));
  CHECK_FALSE(gateway.find(0));
  const Namespace empty;
  const Inside there(empty);
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  REQUIRE(socket);
  const Result<std::optional<steer::Route>> none = steer::find_route(*socket, Ipv4{0x0a000001});
  REQUIRE(none);
  CHECK_FALSE(*none);
}

TEST_CASE("route: the list of one device") {
  Gateway gateway;
  const auto list = [&](std::string_view device) {
    const Result<std::vector<steer::Route>> routes = steer::list_routes(*gateway.socket, index_of(device));
    REQUIRE_MESSAGE(routes, routes.error().text());
    std::vector<std::string> destinations;
    for (const steer::Route& route : *routes) destinations.push_back(to_string(route.destination));
    std::ranges::sort(destinations);
    return destinations;
  };
  CHECK(list("lan") == std::vector<std::string>{"10.0.0.0/24", "10.8.0.0/16"});
  CHECK(list("wan") == std::vector<std::string>{"0.0.0.0/0", "10.8.5.0/24", "198.51.100.0/24"});

  const Namespace empty;
  const Inside there(empty);
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  REQUIRE(socket);
  REQUIRE(socket->filter_dumps());
  const Result<std::vector<steer::Route>> none = steer::list_routes(*socket, index_of("lo"));
  REQUIRE_MESSAGE(none, none.error().text());
  CHECK(none->empty());
}

}  // namespace route_test
