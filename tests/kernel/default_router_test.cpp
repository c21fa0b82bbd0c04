// SPDX-License-Identifier: GPL-2.0-or-later
// The gateway of `rsip up` without --gateway: the next hop of the default route.
#include <doctest/doctest.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <vector>

#include "host/gateway.hpp"
#include "namespace.hpp"

namespace default_router_test {

using namespace rsip;
using namespace rsip::test;

namespace {

constexpr Ipv4 router{0x0a000001};
constexpr Ipv4 other_router{0x0a000002};

/// An entry for 0.0.0.0/0, or for another prefix.
struct Entry {
  std::optional<Ipv4> next_hop{};
  std::uint32_t metric = 0;
  std::uint32_t table = RT_TABLE_MAIN;
  std::uint8_t type = RTN_UNICAST;
  std::uint8_t prefix_length = 0;
  std::uint8_t tos = 0;
  std::vector<Ipv4> several{};  ///< a multipath route, whose first hop has no router
};

/// RTA_GATEWAY within a next hop of RTA_MULTIPATH.
struct HopBytes {
  rtnexthop hop{};
  rtattr attribute{};
  std::uint32_t address = 0;
};

std::vector<std::uint8_t> multipath(const std::vector<Ipv4>& routers) {
  std::vector<std::uint8_t> bytes;
  const auto append = [&bytes](const void* data, std::size_t size) {
    const auto* first = static_cast<const std::uint8_t*>(data);
    bytes.insert(bytes.end(), first, first + size);
  };
  rtnexthop direct{};
  direct.rtnh_len = sizeof(direct);
  direct.rtnh_ifindex = static_cast<int>(index_of("eth0"));
  append(&direct, sizeof(direct));
  for (const Ipv4 address : routers) {
    HopBytes one;
    one.hop.rtnh_len = sizeof(one);
    one.hop.rtnh_ifindex = direct.rtnh_ifindex;
    one.attribute = {sizeof(one.attribute) + sizeof(one.address), RTA_GATEWAY};
    one.address = htonl(address.value);
    append(&one, sizeof(one));
  }
  return bytes;
}

/// This host, with one link on which routers are.
struct Host {
  Host() {
    make_veth("eth0", {2, 0, 0, 0, 0, 1}, "x", routers);
    add_address("eth0", Ipv4{0x0a00000b}, 24);
  }

  static void add(const Entry& entry) {
    Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
    REQUIRE(socket);
    netlink::Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    rtmsg& header = message.header<rtmsg>();
    header.rtm_family = AF_INET;
    header.rtm_dst_len = entry.prefix_length;
    header.rtm_tos = entry.tos;
    header.rtm_protocol = RTPROT_STATIC;
    const bool direct = !entry.next_hop && entry.several.empty() && entry.type == RTN_UNICAST;
    header.rtm_scope = direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    header.rtm_type = entry.type;
    message.put_u32(RTA_TABLE, entry.table);
    if (entry.metric != 0) message.put_u32(RTA_PRIORITY, entry.metric);
    if (entry.next_hop) message.put_address(RTA_GATEWAY, *entry.next_hop);
    if (!entry.several.empty()) {
      message.put_bytes(RTA_MULTIPATH, multipath(entry.several));
    } else if (entry.type == RTN_UNICAST) {
      message.put_u32(RTA_OIF, index_of("eth0"));
    }
    const Result<void> added = socket->request(message, "add a default route");
    REQUIRE_MESSAGE(added, added.error().text());
  }

  static Result<Ipv4> found() { return host::address_of(host::DefaultRouter{}); }

  Namespace space;
  Namespace routers;
  Inside inside{space};
};

}  // namespace

TEST_CASE("default router: the next hop of the lowest metric") {
  const Host host;
  Host::add({.next_hop = router, .metric = 200});
  CHECK(Host::found() == router);
  Host::add({.next_hop = other_router, .metric = 100});
  CHECK(Host::found() == other_router);
  Host::add({.next_hop = router});
  CHECK(Host::found() == router);
}

TEST_CASE("default router: a route without a next hop does not count") {
  const Host host;
  Host::add({});
  REQUIRE_FALSE(Host::found());
  Host::add({.next_hop = router, .metric = 100});
  CHECK(Host::found() == router);
}

TEST_CASE("default router: of several next hops in a route, the first that is a router") {
  const Host host;
  Host::add({.several = {other_router, router}});
  CHECK(Host::found() == other_router);
}

TEST_CASE("default router: none where no entry of the main table leads to one") {
  const Namespace empty;
  {
    const Inside there(empty);
    const Result<Ipv4> none = Host::found();
    REQUIRE_FALSE(none);
    CHECK(none.error().text() == "no --gateway, and no default route with a next hop; give the gateway with --gateway");
  }
  const Host host;
  Host::add({.next_hop = router, .table = 4555});
  Host::add({.next_hop = router, .table = 100});
  Host::add({.next_hop = router, .prefix_length = 1});
  Host::add({.next_hop = router, .tos = 0x10});
  Host::add({.metric = 7, .type = RTN_UNREACHABLE});
  REQUIRE_FALSE(Host::found());
}

}  // namespace default_router_test
