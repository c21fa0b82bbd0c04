// SPDX-License-Identifier: GPL-2.0-or-later
// What the daemon asks before it starts.
#include "steer/interface.hpp"

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include "namespace.hpp"
#include "steer/link_watch.hpp"

namespace interface_test {

using namespace rsip;
using namespace rsip::test;

TEST_CASE("interface: index, MTU, state and primary address") {
  const Namespace space;
  const Namespace far;
  const Inside inside(space);
  make_veth("wan", {2, 0, 0, 0, 0, 1}, "y", far, 1400);
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  REQUIRE(socket);
  const Result<std::optional<steer::Interface>> wan = steer::find_interface(*socket, "wan");
  REQUIRE(wan);
  REQUIRE(*wan);
  CHECK((*wan)->device == steer::Device{"wan", index_of("wan")});
  CHECK((*wan)->mtu == 1400);
  CHECK((*wan)->up);
  CHECK(*steer::primary_address(*socket, (*wan)->device) == std::nullopt);
  add_address("wan", Ipv4{0xc6336401}, 24);
  add_address("wan", Ipv4{0xc6336409}, 24);  // secondary
  CHECK(*steer::primary_address(*socket, (*wan)->device) == Ipv4{0xc6336401});

  const Result<std::optional<steer::Interface>> none = steer::find_interface(*socket, "none");
  REQUIRE(none);
  CHECK_FALSE(*none);
}

TEST_CASE("interface: whether an address ends at this machine") {
  const Namespace space;
  const Namespace far;
  const Inside inside(space);
  make_veth("wan", {2, 0, 0, 0, 0, 1}, "y", far);
  add_address("wan", Ipv4{0xc6336401}, 24);
  add_route(Ipv4{0xcb007100}, 28, RTN_BLACKHOLE);
  add_route(Ipv4{0xcb007110}, 28, RTN_UNREACHABLE);
  add_route(Ipv4{0xcb007120}, 28, RTN_PROHIBIT);
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  REQUIRE(socket);
  const auto ends_here = [&](std::uint32_t address) {
    const Result<bool> answer = steer::is_local_or_routed_here(*socket, Ipv4{address});
    REQUIRE_MESSAGE(answer, answer.error().text());
    return *answer;
  };
  CHECK(ends_here(0xc6336401));
  CHECK_FALSE(ends_here(0xc6336402));  // a neighbour's
  CHECK_FALSE(ends_here(0x08080808));  // no route
  CHECK(ends_here(0xcb007105));
  CHECK(ends_here(0xcb007115));
  CHECK(ends_here(0xcb007125));
}

TEST_CASE("netlink: errors carry the kernel's code and the object") {
  const Namespace space;
  const Inside inside(space);
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  REQUIRE(socket);
  netlink::Message message(RTM_DELLINK, 0);
  message.header<ifinfomsg>().ifi_index = 12345;
  const Result<void> refused = socket->request(message, "remove device 12345");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ENODEV);
  CHECK(refused.error().what.starts_with("remove device 12345"));

  netlink::Message big(RTM_NEWLINK, 0);
  big.header<ifinfomsg>();
  big.put_text(IFLA_IFALIAS, std::string(10000, 'x'));
  CHECK(socket->request(big, "too big").error().code == EMSGSIZE);
}

TEST_CASE("link watch: what is told, and that more has happened than could be") {
  const Namespace space;
  const Namespace far;
  const Inside inside(space);
  Result<steer::LinkWatch> watch = steer::LinkWatch::open();
  REQUIRE(watch);
  Result<std::vector<steer::LinkChange>> changes = watch->read();
  REQUIRE(changes);  // nothing to hear (EAGAIN), and no wait for it
  CHECK(changes->empty());
  make_veth("wan", {2, 0, 0, 0, 0, 1}, "y", far);
  changes = watch->read();
  REQUIRE(changes);
  REQUIRE_FALSE(changes->empty());
  CHECK(changes->back().device == steer::Device{"wan", index_of("wan")});
  CHECK(changes->back().there);
  CHECK(changes->back().up);

  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  REQUIRE(socket);
  const auto rename = [&](int number) {  // its alias
    netlink::Message message(RTM_NEWLINK, 0);
    message.header<ifinfomsg>().ifi_index = static_cast<int>(index_of("wan"));
    message.put_text(IFLA_IFALIAS, "alias " + std::to_string(number));
    REQUIRE(socket->request(message, "set an alias"));
  };
  for (int i = 0; i < 3000; ++i) rename(i);
  changes = watch->read();
  REQUIRE_FALSE(changes);
  CHECK(changes.error().code == ENOBUFS);
  REQUIRE(watch->read());  // what the kernel has kept
  rename(0);
  changes = watch->read();
  REQUIRE(changes);
  REQUIRE_FALSE(changes->empty());
  CHECK(changes->back().device.name == "wan");
}

}  // namespace interface_test
