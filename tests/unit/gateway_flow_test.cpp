// SPDX-License-Identifier: GPL-2.0-or-later
// Flow policy: what a host must say about its peers, and what it gets for that (RFC 3103 section 7).
#include <doctest/doctest.h>

#include "gateway_realm.hpp"

namespace gateway_flow_test {

using namespace rsip;
using namespace rsip::test;
using steer::Family;
using wire::ErrorCode;
using wire::LocalPolicy;
using wire::RemotePolicy;

namespace {

constexpr Ipv4 y{0xc6336402};
constexpr Ipv4 z{0xc6336403};

gateway::Policy remote_policy(RemotePolicy policy) {
  gateway::Policy made;
  made.remote = {{Prefix{}, policy}};
  made.remote.front().hosts.length = 0;
  return made;
}

wire::AssignRequestRsapIp towards(ClientId client, wire::Address remote, wire::Ports remote_ports = wire::AnyPorts{1}) {
  wire::AssignRequestRsapIp request = rsap(client, wire::AnyPorts{2});
  request.remote = std::move(remote);
  request.remote_ports = std::move(remote_ports);
  return request;
}

wire::Ports port(std::uint16_t number, std::uint32_t count = 1) {
  return Run<Port>{Port{number}, count};
}

}  // namespace

TEST_CASE("flow policy: the most specific prefix counts, and the host is told") {
  gateway::Policy policy;
  policy.local = {{Prefix{Ipv4{0}, 0}, LocalPolicy::micro}, {Prefix{x1, 32}, LocalPolicy::macro}};
  policy.remote = {{Prefix{x1, 32}, RemotePolicy::micro}, {Prefix{Ipv4{0x0a000000}, 8}, RemotePolicy::macro}};
  Realm realm(policy);
  CHECK(realm.ask<wire::RegisterResponse>(x1, wire::RegisterRequest{}).policy ==
        wire::FlowPolicy{LocalPolicy::macro, RemotePolicy::micro});
  CHECK(realm.ask<wire::RegisterResponse>(x2, wire::RegisterRequest{}).policy ==
        wire::FlowPolicy{LocalPolicy::micro, RemotePolicy::macro});
}

TEST_CASE("no remote policy: whatever is said about remotes is 'don't care'") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.ask<wire::AssignResponseRsapIp>(x1, towards(client, y, port(80)));
  CHECK(granted.remote == wire::Address{wire::AnyAddress{}});
  CHECK(granted.remote_ports == wire::Ports{wire::AnyPorts{1}});
  CHECK(realm.kernel.count(Family::netdev, "port_in") == 2);
}

TEST_CASE("remote macro-flow policy: the named address alone") {
  gateway::Policy policy = remote_policy(RemotePolicy::macro);
  policy.remote_deny = {Prefix{z, 32}};
  Realm realm(policy);
  const ClientId client = realm.enroll(x1);
  CHECK(realm.refused(x1, towards(client, wire::AnyAddress{})).error == ErrorCode::flow_policy_violation);
  CHECK(realm.refused(x1, towards(client, z)).error == ErrorCode::remote_addr_unallowed);
  CHECK(realm.refused(x1, towards(client, wire::Ipv4Netmask{y})).error == ErrorCode::bad_param);
  CHECK(realm.refused(x1, towards(client, wire::Ipv6{{0x20, 0x01, 0x0d, 0xb8}})).error ==
        ErrorCode::remote_addr_unallowed);
  CHECK(realm.kernel.elements.empty());

  const auto granted = realm.ask<wire::AssignResponseRsapIp>(x1, towards(client, y, port(80)));
  CHECK(granted.remote == wire::Address{y});
  CHECK(granted.remote_ports == wire::Ports{wire::AnyPorts{1}});  // of no account under this policy
  CHECK(realm.kernel.count(Family::netdev, "port_in") == 0);
  CHECK(realm.kernel.count(Family::ip, "port_in_macro") == 2);
  CHECK(realm.kernel.count(Family::ip, "port_out_macro") == 2);
  realm.ask<wire::ExtendResponse>(x1, extend_request(client, granted.bind, LeaseTime{500}));
  realm.ask<wire::FreeResponse>(x1, free_request(client, granted.bind));
  CHECK(realm.kernel.elements.empty());
}

TEST_CASE("remote micro-flow policy: the named address and port alone") {
  gateway::Policy policy = remote_policy(RemotePolicy::micro);
  policy.remote_allow = {Prefix{y, 32}};
  Realm realm(policy);
  const ClientId client = realm.enroll(x1);
  CHECK(realm.refused(x1, towards(client, y)).error == ErrorCode::flow_policy_violation);
  const wire::Ports list = std::vector<Port>{Port{80}, Port{443}};
  CHECK(realm.refused(x1, towards(client, y, list)).error == ErrorCode::flow_policy_violation);
  CHECK(realm.refused(x1, towards(client, wire::AnyAddress{}, port(80))).error == ErrorCode::flow_policy_violation);
  CHECK(realm.refused(x1, towards(client, z, port(80))).error == ErrorCode::remote_addrport_unallowed);

  const auto granted = realm.ask<wire::AssignResponseRsapIp>(x1, towards(client, y, port(80, 3)));
  CHECK(granted.remote == wire::Address{y});
  CHECK(granted.remote_ports == port(80, 3));
  CHECK(realm.kernel.count(Family::ip, "port_in_micro") == 6);  // two ports of its own, three of the remote
  CHECK(realm.kernel.count(Family::ip, "port_out_micro") == 6);
}

TEST_CASE("remote policy and IPsec: SPIs, permission and cookies by address") {
  Realm realm(remote_policy(RemotePolicy::micro));
  const ClientId client = realm.enroll(x1);
  wire::AssignRequestRsipsec request = rsipsec(client, wire::NoPorts{}, wire::AnySpis{2});
  request.remote = y;
  request.remote_ports = wire::NoPorts{};
  const auto granted = realm.ask<wire::AssignResponseRsipsec>(x1, request);
  CHECK(granted.remote == wire::Address{y});
  CHECK(granted.remote_ports == wire::Ports{wire::NoPorts{}});
  CHECK(realm.kernel.count(Family::ip, "spi_in_macro") == 2);
  CHECK(realm.kernel.count(Family::ip, "ipsec_out_macro") == 1);
  const std::uint32_t tunnel = realm.kernel.tunnels.begin()->first;
  CHECK(realm.gateway->judge_ike(tunnel, ike(nb, 7, 500, y), realm.now) == steer::Verdict::accept);
  CHECK(realm.gateway->judge_ike(tunnel, ike(nb, 8, 500, z), realm.now) == steer::Verdict::drop);
  CHECK(realm.kernel.count(Family::ip, "cookie_in_macro") == 1);
  CHECK(realm.kernel.count(Family::ip, "cookie_out_macro") == 1);

  // A second binding towards the same peer shares the permission.
  const auto second = realm.ask<wire::AssignResponseRsipsec>(x1, request);
  CHECK(realm.kernel.count(Family::ip, "ipsec_out_macro") == 1);
  realm.ask<wire::FreeResponse>(x1, free_request(client, granted.bind));
  CHECK(realm.kernel.count(Family::ip, "ipsec_out_macro") == 1);
  realm.ask<wire::FreeResponse>(x1, free_request(client, second.bind));
  CHECK(realm.kernel.elements.empty());
}

TEST_CASE("remote policy and whole addresses: one address, for several peers") {
  lease::Config config;
  config.exclusive_pool = {Ipv4{0xcb007104}};
  Realm realm(remote_policy(RemotePolicy::macro), config);
  const ClientId client = realm.enroll(x1);
  wire::AssignRequestRsaIp request;
  request.client = client;
  request.local = config.exclusive_pool.front();
  request.remote = y;
  const BindId first = realm.ask<wire::AssignResponseRsaIp>(x1, request).bind;
  CHECK(realm.refused(x1, request).error == ErrorCode::local_addr_inuse);
  request.remote = z;
  realm.ask<wire::AssignResponseRsaIp>(x1, request);
  CHECK(realm.kernel.count(Family::ip, "address_in_macro") == 2);
  realm.ask<wire::FreeResponse>(x1, free_request(client, first));
  CHECK(realm.kernel.announced.size() == 1);
  realm.ask<wire::DeregisterResponse>(x1, deregister(client));
  CHECK(realm.kernel.announced.empty());
  CHECK(realm.kernel.elements.empty());
}

TEST_CASE("a remote's name: every address it has is allowed") {
  gateway::Policy policy = remote_policy(RemotePolicy::macro);
  policy.remote_deny = {Prefix{z, 32}};
  Realm realm(policy);
  const wire::AssignRequestRsapIp before = towards(ClientId{1}, wire::Fqdn{"y.example.org"});
  const Peer peer{x1, 1, na, Transport::tcp};
  CHECK_FALSE(realm.gateway->name_to_resolve(peer, wire::encode(before)));  // not registered: answered at once
  const ClientId client = realm.enroll(x1);
  const auto request = wire::encode(towards(client, wire::Fqdn{"y.example.org"}));
  CHECK(realm.gateway->name_to_resolve(peer, request) == "y.example.org");
  CHECK_FALSE(realm.gateway->name_to_resolve(peer, wire::encode(towards(client, y))));

  const auto answer = [&](const std::vector<Ipv4>& resolved) {
    return *wire::decode(*realm.gateway->handle(peer, request, realm.now, resolved));
  };
  CHECK(std::get<wire::ErrorResponse>(answer({})).error == ErrorCode::remote_addr_unallowed);
  CHECK(std::get<wire::ErrorResponse>(answer({z})).error == ErrorCode::remote_addr_unallowed);
  const auto granted = std::get<wire::AssignResponseRsapIp>(answer({y, z, Ipv4{0xc6336404}}));
  CHECK(granted.remote == wire::Address{wire::Fqdn{"y.example.org"}});
  CHECK(realm.kernel.count(Family::ip, "port_out_macro") == 4);  // two ports, two allowed addresses
}

TEST_CASE("a remote's name: a host that listens for its IKE may give it without any flow policy") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  wire::ListenRequest request;
  request.client = client;
  request.local_ports = port(500);
  request.remote = wire::Fqdn{"y.example.org"};
  const auto message = wire::encode(request);
  const Peer peer{x1, 1, na, Transport::tcp};
  CHECK(realm.gateway->name_to_resolve(peer, message) == "y.example.org");

  const auto answer = [&](const std::vector<Ipv4>& resolved) {
    return *wire::decode(*realm.gateway->handle(peer, message, realm.now, resolved));
  };
  CHECK(std::get<wire::ErrorResponse>(answer({})).error == ErrorCode::remote_addr_unallowed);
  const auto granted = std::get<wire::ListenResponse>(answer({y, z}));
  CHECK(granted.remote == wire::Address{wire::Fqdn{"y.example.org"}});
  CHECK(realm.kernel.count(Family::ip, "listener_in") == 2);

  // Where a name is of no account, nobody is asked for it.
  request.local_ports = port(501);
  CHECK_FALSE(realm.gateway->name_to_resolve(peer, wire::encode(request)));
  CHECK_FALSE(realm.gateway->name_to_resolve(peer, wire::encode(towards(client, wire::Fqdn{"y.example.org"}))));
}

TEST_CASE("local micro-flow policy: one port at a time") {
  gateway::Policy policy;
  policy.local = {{Prefix{x1, 32}, LocalPolicy::micro}};
  Realm realm(policy);
  const ClientId client = realm.enroll(x1);
  CHECK(realm.refused(x1, rsap(client, wire::AnyPorts{2})).error == ErrorCode::flow_policy_violation);
  CHECK(realm.refused(x1, rsap(client, port(40000, 2))).error == ErrorCode::flow_policy_violation);
  CHECK(realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, port(40000))).local_ports == port(40000));
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::NoPorts{}, wire::AnySpis{4}));
}

TEST_CASE("flows without measure are refused") {
  Realm realm(remote_policy(RemotePolicy::micro));
  const ClientId client = realm.enroll(x1);
  wire::AssignRequestRsapIp request = towards(client, y, port(1, 255));
  request.local_ports = wire::AnyPorts{17};
  CHECK(realm.refused(x1, request).error == ErrorCode::local_addrport_unavailable);
  request.local_ports = wire::AnyPorts{16};
  realm.ask<wire::AssignResponseRsapIp>(x1, request);
  CHECK(realm.kernel.count(Family::ip, "port_in_micro") == 4080);
}

}  // namespace gateway_flow_test
