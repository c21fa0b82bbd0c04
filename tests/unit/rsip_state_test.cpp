// SPDX-License-Identifier: GPL-2.0-or-later
// The state file of rsip: what is written is what is read, and what an earlier version wrote is understood.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "directory.hpp"
#include "rsip/state.hpp"

namespace rsip_state_test {

using namespace rsip;
using test::Directory;
using namespace rsip::program;

namespace {

State read(const Directory& directory) {
  const Result<std::optional<State>> state = read_state(directory.path, "rsip0");
  REQUIRE(state.has_value());
  REQUIRE(state->has_value());
  return **state;
}

host::Grant grant(host::Kind kind) {
  host::Grant granted;
  granted.kind = kind;
  granted.client = ClientId{7};
  granted.bind = BindId{3};
  granted.address = *parse_ipv4("198.51.100.1");
  granted.lease = LeaseTime(3600);
  return granted;
}

}  // namespace

TEST_CASE("state: what is written is what is read") {
  const Directory directory;
  host::Network network;
  network.device = "rsip0";
  network.gateway = *parse_ipv4("10.0.0.1");
  network.local = *parse_ipv4("10.0.0.11");
  network.remote = *parse_ipv4("10.0.0.1");
  network.addresses = {*parse_ipv4("198.51.100.1"), *parse_ipv4("198.51.100.9")};
  network.default_route = true;
  host::Network second = network;
  second.device = "rsip0g";
  second.tunnel = TunnelType::gre;
  second.addresses.clear();
  second.selectors = {{*parse_ipv4("198.51.100.1"), Run<Port>{Port{50000}, 8}, std::nullopt},
                      {*parse_ipv4("198.51.100.1"), std::nullopt, 50}};
  second.table = 4556;

  State state;
  state.pid = 4711;
  state.device = "rsip0";
  state.peer = {network.gateway, 4555, host::Protocol::udp};
  state.strongswan = "/etc/strongswan.d/rsip.conf";
  state.networks = {network, second};
  state.lease = Lease{grant(host::Kind::rsipsec), 1795000000};
  state.lease->grant.spis = {{Spi{256}, 16}};
  state.lease->grant.cookie_prefix = CookiePrefix{0xa5c30000, 16};
  host::Grant server = grant(host::Kind::listen);
  server.ports = {{Port{80}, 1}};
  server.remote = host::parse_remote("y.example.org:1024");
  server.tunnel = TunnelType::gre;
  state.further = {Lease{server, 1795000001}};

  REQUIRE(write_state(directory.path, state).has_value());
  const State back = read(directory);
  CHECK(back.pid == 4711);
  CHECK(back.peer.protocol == host::Protocol::udp);
  CHECK(back.strongswan == state.strongswan);
  CHECK(back.networks == state.networks);
  CHECK(back.lease->grant == state.lease->grant);
  REQUIRE(back.further.size() == 1);
  CHECK(back.further[0].grant == server);
  CHECK(back.further[0].ends == 1795000001);
}

TEST_CASE("state: a file of version 1 says the same as it did") {
  const Directory directory;
  std::ofstream(directory.path + "/rsip0.json") << R"({
    "version": 1, "pid": 4711, "device": "rsip0", "phase": "up",
    "gateway": "10.0.0.1", "gateway_port": 4555, "transport": "tcp",
    "networks": [
      { "local": "10.0.0.11", "remote": "10.0.0.1", "address": "0.0.0.0",
        "table": 4555, "rule_priority": 1, "default_route": false },
      { "local": "10.0.0.11", "remote": "10.0.0.1", "address": "198.51.100.1",
        "table": 4555, "rule_priority": 1, "default_route": false } ],
    "lease": { "client_id": 7, "bind_id": 3, "address": "198.51.100.1",
               "ports": [ { "first": 40000, "last": 40007 } ], "spis": [],
               "seconds": 3600, "ends": 1795000000 } })";
  const State state = read(directory);
  REQUIRE(state.networks.size() == 2);
  CHECK(state.networks[0].addresses.empty());
  CHECK(state.networks[1].device == "rsip0");
  CHECK(state.networks[1].tunnel == TunnelType::ip_ip);
  CHECK(state.networks[1].addresses == std::vector{*parse_ipv4("198.51.100.1")});
  CHECK(host::to_string(host::rules_of(state.networks[1]).at(0)) == "rule 1 from 198.51.100.1 lookup 4555");
  CHECK(state.lease->grant.kind == host::Kind::rsap_ip);
  CHECK(state.further.empty());
}

TEST_CASE("state: what is no state of ours is an error, not a crash") {
  const Directory directory;
  for (const char* text : {"", "[]", "{\"version\": 3}", "{\"version\": 2, \"networks\": 1}"}) {
    CAPTURE(text);
    std::ofstream(directory.path + "/rsip0.json") << text;
    const Result<std::optional<State>> state = read_state(directory.path, "rsip0");
    REQUIRE_FALSE(state.has_value());
    CHECK(state.error().code == EBADMSG);
  }
}

TEST_CASE("state: a cookie prefix that is none is an error") {
  nlohmann::json lease = to_json(Lease{grant(host::Kind::rsipsec), 1795000000});
  CHECK_FALSE(lease.contains("cookie_prefix"));
  CHECK_FALSE(lease_from_json(lease).grant.cookie_prefix.has_value());
  lease["cookie_prefix"] = {{"value", 0xa5c30000}, {"bits", 16}};
  CHECK(lease_from_json(lease).grant.cookie_prefix == CookiePrefix{0xa5c30000, 16});
  lease["cookie_prefix"]["bits"] = 4;
  CHECK_THROWS(lease_from_json(lease));
}

TEST_CASE("state: a lease in words") {
  host::Grant granted = grant(host::Kind::rsa_ip);
  CHECK(describe(granted, 60) == "198.51.100.1, the whole address, lease 60 s");
  granted.kind = host::Kind::listen;
  granted.ports = {{Port{80}, 1}, {Port{8000}, 8}};
  granted.remote = host::parse_remote("198.51.100.2:1024");
  granted.tunnel = TunnelType::gre;
  CHECK(describe(granted, 60) ==
        "198.51.100.1, ports 80,8000-8007, with 198.51.100.2:1024 only, through GRE, lease 60 s");
  host::Grant ipsec = grant(host::Kind::rsipsec);
  ipsec.spis = {{Spi{0x10000010}, 16}};
  ipsec.cookie_prefix = CookiePrefix{0xa5c30000, 16};
  CHECK(describe(ipsec, 60) == "198.51.100.1, SPIs 0x10000010-0x1000001f, IKE cookies 0xa5c30000/16, lease 60 s");
}

}  // namespace rsip_state_test
