// SPDX-License-Identifier: GPL-2.0-or-later
// The gateway's ends of the tunnels.
#include "steer/tunnel.hpp"

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>

#include "namespace.hpp"
#include "realm.hpp"
#include "skip.hpp"
#include "steer/interface.hpp"

using namespace rsip;
using namespace rsip::test;

namespace {

const steer::TunnelOptions options{"rsip3", gateway_private, x1_private, 1400, "rsipd client 7 10.0.0.11"};

steer::Link open_link() {
  Result<steer::Link> link = steer::Link::open();
  REQUIRE(link);
  return std::move(*link);
}

}  // namespace

TEST_CASE("tunnel: without the kernel module the remedy is told") {
  if (kernel_has_ipip()) return skip("tunnel: without the kernel module the remedy is told", "the kernel has ipip");
  const Namespace space;
  const Inside inside(space);
  const Result<steer::Device> refused = open_link().add_tunnel(options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EOPNOTSUPP);
  CHECK(refused.error().remedy == "modprobe ipip");
}

TEST_CASE("tunnel: a device comes up as a gateway needs it") {
  if (!kernel_has_ipip()) return skip("tunnel: a device comes up as a gateway needs it", "no ipip");
  const Namespace space;
  const Inside inside(space);
  steer::Link link = open_link();
  const Result<steer::Device> made = link.add_tunnel(options);
  REQUIRE_MESSAGE(made, made.error().text());
  CHECK(made->name == "rsip3");
  CHECK(made->index == index_of("rsip3"));
  CHECK(get_sysctl("conf/rsip3/accept_local") == "1");
  CHECK(get_sysctl("conf/rsip3/rp_filter") == "0");
  CHECK(get_sysctl("conf/rsip3/forwarding") == "1");

  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  REQUIRE(socket);
  CHECK((*steer::find_interface(*socket, "rsip3"))->up);

  const Result<std::vector<steer::TunnelInfo>> listed = link.list_tunnels();
  REQUIRE(listed);
  REQUIRE(listed->size() == 1);
  CHECK(listed->front().device == *made);
  CHECK(listed->front().local == gateway_private);
  CHECK(listed->front().remote == x1_private);
  CHECK(listed->front().mtu == 1400);
  CHECK(listed->front().alias == "rsipd client 7 10.0.0.11");
}

TEST_CASE("tunnel: names and hosts are taken once") {
  if (!kernel_has_ipip()) return skip("tunnel: names and hosts are taken once", "no ipip");
  const Namespace space;
  const Inside inside(space);
  steer::Link link = open_link();
  REQUIRE(link.add_tunnel(options));
  CHECK(link.add_tunnel(options).error().code == EEXIST);
  steer::TunnelOptions same_host = options;
  same_host.name = "rsip4";
  CHECK(link.add_tunnel(same_host).error().code == EEXIST);
  CHECK(link.list_tunnels()->size() == 1);
}

TEST_CASE("tunnel: removal, and only of ours") {
  if (!kernel_has_ipip()) return skip("tunnel: removal, and only of ours", "no ipip");
  const Namespace space;
  const Inside inside(space);
  steer::Link link = open_link();
  steer::TunnelOptions foreign = options;
  foreign.name = "tun9";
  foreign.remote = x2_private;
  foreign.alias = "branch office";
  REQUIRE(link.add_tunnel(foreign));
  const Result<steer::Device> made = link.add_tunnel(options);
  REQUIRE(made);
  CHECK(link.list_tunnels()->size() == 1);
  CHECK(link.remove(*made));
  CHECK(link.list_tunnels()->empty());
  CHECK(link.remove(*made).error().code == ENODEV);
  CHECK(index_of("tun9") != 0);
}

TEST_CASE("tunnel: a name that cannot be leaves nothing behind") {
  if (!kernel_has_ipip()) return skip("tunnel: a name that cannot be leaves nothing behind", "no ipip");
  const Namespace space;
  const Inside inside(space);
  steer::Link link = open_link();
  steer::TunnelOptions bad = options;
  bad.alias = "rsipd " + std::string(300, 'x');  // IFALIASZ is 256: refused after the device is made
  CHECK_FALSE(link.add_tunnel(bad));
  CHECK_THROWS(static_cast<void>(index_of("rsip3")));
}
