// SPDX-License-Identifier: GPL-2.0-or-later
// The gateway's ends of the tunnels.
#include "steer/tunnel.hpp"

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "namespace.hpp"
#include "realm.hpp"
#include "skip.hpp"
#include "steer/interface.hpp"

namespace tunnel_test {

using namespace rsip;
using namespace rsip::test;

namespace {

steer::TunnelOptions options_for(TunnelType type) {
  return {type, "rsip3", gateway_private, x1_private, 1400, "rsipd client 7 10.0.0.11"};
}

/// Those that the running kernel has.
std::vector<TunnelType> types(const std::string& test) {
  std::vector<TunnelType> there;
  if (kernel_has_ipip()) {
    there.push_back(TunnelType::ip_ip);
  } else {
    skip(test + " (IP-IP)", "no ipip");
  }
  if (kernel_has_gre()) {
    there.push_back(TunnelType::gre);
  } else {
    skip(test + " (GRE)", "no ip_gre");
  }
  return there;
}

steer::Link open_link() {
  Result<steer::Link> link = steer::Link::open();
  REQUIRE(link);
  return std::move(*link);
}

/// All of the namespace, with their interfaces.
std::string ipv6_addresses() {
  std::ifstream list("/proc/thread-self/net/if_inet6");
  return {std::istreambuf_iterator<char>(list), {}};
}

}  // namespace

TEST_CASE("tunnel: without the kernel module the remedy is told") {
  const auto check = [](TunnelType type, const char* remedy) {
    const Namespace space;
    const Inside inside(space);
    const Result<steer::Device> refused = open_link().add_tunnel(options_for(type));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == EOPNOTSUPP);
    CHECK(refused.error().remedy == std::string(remedy));
  };
  if (!kernel_has_ipip()) check(TunnelType::ip_ip, "modprobe ipip");
  if (!kernel_has_gre()) check(TunnelType::gre, "modprobe ip_gre");
  if (kernel_has_ipip() && kernel_has_gre()) {
    skip("tunnel: without the kernel module the remedy is told", "the kernel has both");
  }
}

TEST_CASE("tunnel: there is none for L2TP") {
  const Namespace space;
  const Inside inside(space);
  CHECK(open_link().add_tunnel(options_for(TunnelType::l2tp)).error().code == EPROTONOSUPPORT);
}

TEST_CASE("tunnel: a device comes up as a gateway needs it") {
  for (const TunnelType type : types("tunnel: a device comes up as a gateway needs it")) {
    const Namespace space;
    const Inside inside(space);
    steer::Link link = open_link();
    const Result<steer::Device> made = link.add_tunnel(options_for(type));
    REQUIRE_MESSAGE(made, made.error().text());
    CHECK(made->name == "rsip3");
    CHECK(made->index == index_of("rsip3"));
    CHECK(get_sysctl("conf/rsip3/accept_local") == "1");
    CHECK(get_sysctl("conf/rsip3/rp_filter") == "0");
    CHECK(get_sysctl("conf/rsip3/forwarding") == "1");
    CHECK(ipv6_addresses().find("rsip3") == std::string::npos);

    Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
    REQUIRE(socket);
    CHECK((*steer::find_interface(*socket, "rsip3"))->up);

    const Result<std::vector<steer::TunnelInfo>> listed = link.list_tunnels();
    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().type == type);
    CHECK(listed->front().device == *made);
    CHECK(listed->front().local == gateway_private);
    CHECK(listed->front().remote == x1_private);
    CHECK(listed->front().mtu == 1400);
    CHECK(listed->front().alias == "rsipd client 7 10.0.0.11");
  }
}

TEST_CASE("tunnel: names and hosts are taken once") {
  for (const TunnelType type : types("tunnel: names and hosts are taken once")) {
    const Namespace space;
    const Inside inside(space);
    steer::Link link = open_link();
    REQUIRE(link.add_tunnel(options_for(type)));
    CHECK(link.add_tunnel(options_for(type)).error().code == EEXIST);
    steer::TunnelOptions same_host = options_for(type);
    same_host.name = "rsip4";
    CHECK(link.add_tunnel(same_host).error().code == EEXIST);
    CHECK(link.list_tunnels()->size() == 1);
  }
}

TEST_CASE("tunnel: a host may have one of each type") {
  if (!kernel_has_ipip() || !kernel_has_gre()) {
    return skip("tunnel: a host may have one of each type", "no ipip or no ip_gre");
  }
  const Namespace space;
  const Inside inside(space);
  steer::Link link = open_link();
  REQUIRE(link.add_tunnel(options_for(TunnelType::ip_ip)));
  steer::TunnelOptions other = options_for(TunnelType::gre);
  other.name = "rsip4";
  REQUIRE(link.add_tunnel(other));
  CHECK(link.list_tunnels()->size() == 2);
}

TEST_CASE("tunnel: removal, and only of ours") {
  for (const TunnelType type : types("tunnel: removal, and only of ours")) {
    const Namespace space;
    const Inside inside(space);
    steer::Link link = open_link();
    steer::TunnelOptions foreign = options_for(type);
    foreign.name = "tun9";
    foreign.remote = x2_private;
    foreign.alias = "branch office";
    REQUIRE(link.add_tunnel(foreign));
    const Result<steer::Device> made = link.add_tunnel(options_for(type));
    REQUIRE(made);
    CHECK(link.list_tunnels()->size() == 1);
    CHECK(link.remove(*made));
    CHECK(link.list_tunnels()->empty());
    CHECK(link.remove(*made).error().code == ENODEV);
    CHECK(index_of("tun9") != 0);
  }
}

TEST_CASE("tunnel: a name that cannot be leaves nothing behind") {
  for (const TunnelType type : types("tunnel: a name that cannot be leaves nothing behind")) {
    const Namespace space;
    const Inside inside(space);
    steer::Link link = open_link();
    steer::TunnelOptions bad = options_for(type);
    bad.alias = "rsipd " + std::string(300, 'x');  // IFALIASZ is 256: refused after the device is made
    CHECK_FALSE(link.add_tunnel(bad));
    CHECK_THROWS(static_cast<void>(index_of("rsip3")));
  }
}

}  // namespace tunnel_test
