// SPDX-License-Identifier: GPL-2.0-or-later
// What several leases need of the host's kernel: devices, addresses, rules.
#include <doctest/doctest.h>

#include "host/network.hpp"

namespace host_network_test {

using namespace rsip;
using namespace rsip::host;

namespace {

Ipv4 ip(const char* text) {
  return *parse_ipv4(text);
}

Network base(TunnelType tunnel = TunnelType::ip_ip) {
  Network network;
  network.device = "rsip0";
  network.tunnel = tunnel;
  network.gateway = ip("10.0.0.1");
  network.local = ip("10.0.0.11");
  network.remote = ip("10.0.0.1");
  return network;
}

Grant grant(Kind kind, const char* address, std::uint16_t first_port, TunnelType tunnel = TunnelType::ip_ip) {
  Grant granted;
  granted.kind = kind;
  granted.address = ip(address);
  if (first_port != 0) granted.ports = {{Port{first_port}, 8}};
  if (kind == Kind::rsipsec) granted.spis = {{Spi{256}, 16}};
  granted.tunnel = tunnel;
  return granted;
}

std::vector<std::string> rules(const Network& network) {
  std::vector<std::string> all;
  for (const Rule& rule : rules_of(network)) all.push_back(to_string(rule));
  return all;
}

std::vector<Network> networks(const std::vector<Grant>& grants, const Network& first = base()) {
  const Result<std::vector<Network>> made = networks_for(first, grants);
  REQUIRE(made.has_value());
  return *made;
}

}  // namespace

TEST_CASE("networks: further bindings of one address need nothing more") {
  const auto made = networks({grant(Kind::rsipsec, "198.51.100.1", 40000), grant(Kind::listen, "198.51.100.1", 80)});
  REQUIRE(made.size() == 1);
  CHECK(rules(made[0]) == std::vector<std::string>{"rule 4555 from 198.51.100.1 lookup 4555"});
}

TEST_CASE("networks: further addresses get a rule each, the first one stays the route's source") {
  const auto made = networks({grant(Kind::rsipsec, "198.51.100.1", 40000), grant(Kind::rsa_ip, "198.51.100.9", 0)});
  REQUIRE(made.size() == 1);
  CHECK(made[0].addresses == std::vector{ip("198.51.100.1"), ip("198.51.100.9")});
  CHECK(rules(made[0]) ==
        std::vector<std::string>{"rule 4555 from 198.51.100.1 lookup 4555", "rule 4555 from 198.51.100.9 lookup 4555"});
}

TEST_CASE("networks: the other tunnel type has a device and a table of its own") {
  const auto made = networks(
      {grant(Kind::rsipsec, "198.51.100.1", 40000), grant(Kind::rsap_ip, "198.51.100.2", 50000, TunnelType::gre)});
  REQUIRE(made.size() == 2);
  CHECK(made[0].device == "rsip0");
  CHECK(made[1].device == "rsip0g");
  CHECK(made[1].tunnel == TunnelType::gre);
  CHECK(rules(made[1]) == std::vector<std::string>{"rule 4555 from 198.51.100.2 lookup 4556"});
  CHECK_FALSE(made[1].default_route);
}

TEST_CASE("networks: where GRE is the first one's, IP-IP is the other") {
  Network first = base(TunnelType::gre);
  first.default_route = true;
  const auto made = networks(
      {grant(Kind::rsap_ip, "198.51.100.1", 40000, TunnelType::gre), grant(Kind::rsap_ip, "198.51.100.2", 50000)},
      first);
  REQUIRE(made.size() == 2);
  CHECK(made[0].device == "rsip0");
  CHECK(made[0].default_route);
  CHECK(made[1].device == "rsip0i");
  CHECK_FALSE(made[1].default_route);
}

TEST_CASE("networks: with both tunnel types on one address, ports choose the tunnel") {
  const auto made = networks(
      {grant(Kind::rsipsec, "198.51.100.1", 40000), grant(Kind::rsap_ip, "198.51.100.1", 50000, TunnelType::gre)});
  REQUIRE(made.size() == 2);
  CHECK(made[0].addresses == std::vector{ip("198.51.100.1")});
  CHECK(made[1].addresses.empty());
  CHECK(rules(made[0]) == std::vector<std::string>{"rule 4555 from 198.51.100.1 lookup 4555"});
  CHECK(rules(made[1]) == std::vector<std::string>{"rule 4554 from 198.51.100.1 sport 50000-50007 lookup 4556"});
}

TEST_CASE("networks: ESP and AH take the tunnel that has an IPsec lease") {
  const Grant ports_only = grant(Kind::rsap_ip, "198.51.100.1", 40000);
  const Grant ipsec = grant(Kind::rsipsec, "198.51.100.1", 0, TunnelType::gre);
  CHECK(rules(networks({ports_only, ipsec})[1]) ==
        std::vector<std::string>{"rule 4554 from 198.51.100.1 ipproto 50 lookup 4556",
                                 "rule 4554 from 198.51.100.1 ipproto 51 lookup 4556"});
  // Where both have one, they stay with the address.
  CHECK(rules(networks({grant(Kind::rsipsec, "198.51.100.1", 40000), ipsec})[1]).empty());
}

TEST_CASE("networks: a device leads to one far end") {
  Grant elsewhere = grant(Kind::rsap_ip, "198.51.100.2", 50000);
  elsewhere.tunnel_endpoint = ip("10.0.0.2");
  const auto conflict = networks_for(base(), {grant(Kind::rsipsec, "198.51.100.1", 40000), elsewhere});
  REQUIRE_FALSE(conflict.has_value());
  CHECK(conflict.error().what == "use tunnel endpoint 10.0.0.2: device rsip0 leads to 10.0.0.1");
  CHECK(networks({elsewhere})[0].remote == ip("10.0.0.2"));
}

TEST_CASE("networks: a device name must leave room for the second one's letter") {
  Network first = base();
  first.device = "a-device-of-15-";
  const Grant gre = grant(Kind::rsap_ip, "198.51.100.2", 50000, TunnelType::gre);
  const auto made = networks_for(first, {grant(Kind::rsipsec, "198.51.100.1", 40000), gre});
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == ENAMETOOLONG);
  first.device = "a-device-of-14";
  CHECK(networks_for(first, {grant(Kind::rsipsec, "198.51.100.1", 40000), gre}).has_value());
}

}  // namespace host_network_test
