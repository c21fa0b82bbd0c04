// SPDX-License-Identifier: GPL-2.0-or-later
// Whole addresses, listening, tunnel types and transports.
#include <doctest/doctest.h>

#include <algorithm>

#include "gateway_realm.hpp"

namespace gateway_methods_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;
using steer::Family;
using wire::ErrorCode;

namespace {

constexpr Ipv4 w1{0xcb007104};
constexpr Ipv4 w2{0xcb007105};

lease::Config with_whole(std::vector<Ipv4> addresses) {
  lease::Config config;
  config.exclusive_pool = std::move(addresses);
  return config;
}

wire::AssignRequestRsaIp rsa(ClientId client, wire::Address local = wire::AnyAddress{}) {
  wire::AssignRequestRsaIp request;
  request.client = client;
  request.local = std::move(local);
  return request;
}

wire::ListenRequest listen(ClientId client, wire::Ports ports, std::vector<TunnelType> tunnels = {}) {
  wire::ListenRequest request;
  request.client = client;
  request.local_ports = std::move(ports);
  request.tunnels = std::move(tunnels);
  return request;
}

wire::Ports port(std::uint16_t number, std::uint32_t count = 1) {
  return Run<Port>{Port{number}, count};
}

std::vector<wire::Message> unasked(Realm& realm) {
  std::vector<wire::Message> messages;
  for (const gateway::Unasked& one : realm.gateway->take_unasked()) messages.push_back(*wire::decode(one.message));
  return messages;
}

}  // namespace

TEST_CASE("RSA-IP: a whole address, steered by address and announced") {
  Realm realm({}, with_whole({w1}));
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.ask<wire::AssignResponseRsaIp>(x1, rsa(client));
  CHECK(granted.local == wire::Address{w1});
  CHECK(granted.remote == wire::Address{wire::AnyAddress{}});
  CHECK(granted.remote_ports == wire::Ports{wire::AnyPorts{1}});
  CHECK(granted.tunnel == TunnelType::ip_ip);
  CHECK(realm.kernel.count(Family::netdev, "address_in") == 1);
  CHECK(realm.kernel.count(Family::ip, "address_in") == 1);
  CHECK(realm.kernel.count(Family::ip, "address_out") == 1);
  CHECK(realm.kernel.announced.at(w1) == realm.kernel.tunnels.begin()->first);

  realm.ask<wire::ExtendResponse>(x1, extend_request(client, granted.bind, LeaseTime{500}));
  CHECK(realm.kernel.count(Family::netdev, "address_in") == 1);

  realm.ask<wire::FreeResponse>(x1, free_request(client, granted.bind));
  CHECK(realm.kernel.elements.empty());
  CHECK(realm.kernel.announced.empty());
  realm.remove_idle_tunnels();
  CHECK(realm.kernel.tunnels.empty());
}

TEST_CASE("RSA-IP: an address is withdrawn when bindings that share its tunnel end with it") {
  Realm realm({}, with_whole({w1}));
  const ClientId first = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(first, wire::AnyPorts{1}));
  realm.ask<wire::AssignResponseRsaIp>(x1, rsa(first));
  realm.ask<wire::DeregisterResponse>(x1, deregister(first));
  CHECK(realm.kernel.announced.empty());

  realm.now += 120s;
  const ClientId second = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(second, wire::AnyPorts{1}));
  realm.ask<wire::AssignResponseRsaIp>(x1, rsa(second));
  realm.now += 101s;
  realm.gateway->expire(realm.now);
  CHECK(realm.kernel.announced.empty());
}

TEST_CASE("RSA-IP: the errors of RFC 3103 section 9.6.3") {
  Realm realm({}, with_whole({w1, w2}));
  const ClientId one = realm.enroll(x1);
  const ClientId two = realm.enroll(x2);
  CHECK(realm.refused(x1, rsa(ClientId{number(one) ^ 1})).error == ErrorCode::bad_client_id);
  CHECK(realm.refused(Ipv4{0x0a00000d}, rsa(one)).error == ErrorCode::register_first);
  CHECK(realm.refused(x1, rsa(one, nb)).error == ErrorCode::local_addr_unallowed);  // shared, not whole
  const BindId first = realm.ask<wire::AssignResponseRsaIp>(x1, rsa(one, w1)).bind;
  CHECK(realm.refused(x2, rsa(two, w1)).error == ErrorCode::local_addr_inuse);
  CHECK(realm.refused(x1, rsa(one)).error == ErrorCode::local_addr_unavailable);  // one for each host
  CHECK(realm.refused(x1, rsa(one, w1)).error == ErrorCode::local_addr_inuse);    // its own, for the same packets
  CHECK(realm.ask<wire::AssignResponseRsaIp>(x2, rsa(two)).local == wire::Address{w2});
  CHECK(realm.refused(x2, rsa(two, w1)).error == ErrorCode::local_addr_unavailable);

  realm.ask<wire::FreeResponse>(x1, free_request(one, first));
  CHECK(realm.refused(x1, rsa(one)).error == ErrorCode::local_addr_unavailable);  // it rests
  realm.now += 120s;
  CHECK(realm.ask<wire::AssignResponseRsaIp>(x1, rsa(one)).local == wire::Address{w1});
}

TEST_CASE("RSA-IP is offered where there are whole addresses and the policy is macro") {
  gateway::Policy policy;
  policy.local = {{Prefix{x2, 32}, wire::LocalPolicy::micro}};
  Realm realm(policy, with_whole({w1}));
  const auto methods = [&](Ipv4 host) {
    return realm.ask<wire::RegisterResponse>(host, wire::RegisterRequest{}).methods;
  };
  const auto offered = methods(x1);
  CHECK(std::ranges::count(offered, wire::Method::rsa_ip) == 1);
  CHECK(std::ranges::count(methods(x2), wire::Method::rsa_ip) == 0);
  Realm without;
  const ClientId client = without.enroll(x1);
  CHECK(without.refused(x1, rsa(client)).error == ErrorCode::unsupported_message);
}

TEST_CASE("RSA-IP: what the kernel refuses has no trace") {
  Realm realm({}, with_whole({w1}));
  const ClientId client = realm.enroll(x1);
  realm.kernel.fail_announce = true;
  CHECK(realm.refused(x1, rsa(client)).error == ErrorCode::internal_server_error);
  CHECK(realm.kernel.elements.empty());
  realm.remove_idle_tunnels();
  CHECK(realm.kernel.tunnels.empty());
  realm.kernel.fail_announce = false;
  CHECK(realm.ask<wire::AssignResponseRsaIp>(x1, rsa(client)).local == wire::Address{w1});
}

TEST_CASE("RSA-IP: one address is reached through one tunnel") {
  gateway::Policy policy;
  policy.tunnels = {TunnelType::ip_ip, TunnelType::gre};
  policy.remote = {{Prefix{Ipv4{0}, 0}, wire::RemotePolicy::macro}};
  Realm realm(policy, with_whole({w1}));
  wire::AssignRequestRsaIp request = rsa(realm.enroll(x1), w1);
  request.remote = Ipv4{0xc6336402};
  realm.ask<wire::AssignResponseRsaIp>(x1, request);
  request.remote = Ipv4{0xc6336403};
  request.tunnel = TunnelType::gre;
  CHECK(realm.refused(x1, request).error == ErrorCode::local_addr_inuse);
  request.tunnel = TunnelType::ip_ip;
  realm.ask<wire::AssignResponseRsaIp>(x1, request);
}

TEST_CASE("responses are not answered, whatever the transport") {
  Realm realm;
  realm.enroll(x1);
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    CHECK_FALSE(realm.gateway->handle({x1, 1, na, transport}, wire::encode(wire::FreeResponse{}), realm.now));
  }
}

TEST_CASE("LISTEN: well-known ports for those who may") {
  gateway::Policy policy;
  policy.listen_allow = {Prefix{x1, 32}};
  lease::Config config;
  config.listen_ports = Run<Port>{Port{1}, 1023};
  Realm realm(policy, config);
  const ClientId one = realm.enroll(x1);
  const ClientId two = realm.enroll(x2);
  const auto granted = realm.ask<wire::ListenResponse>(x1, listen(one, port(80)));
  CHECK(granted.local == wire::Address{nb});
  CHECK(granted.local_ports == port(80));
  CHECK(granted.remote == wire::Address{wire::AnyAddress{}});
  CHECK(granted.remote_ports == wire::Ports{wire::AnyPorts{1}});
  CHECK(realm.kernel.count(Family::netdev, "port_in") == 1);
  CHECK(realm.kernel.count(Family::ip, "port_out") == 1);

  CHECK(realm.refused(x1, listen(one, port(80))).error == ErrorCode::local_addrport_inuse);
  CHECK(realm.refused(x1, rsap(one, port(500))).error == ErrorCode::local_addrport_unallowed);  // IKE's, of all hosts
  CHECK(realm.refused(x1, listen(one, port(5000))).error == ErrorCode::local_addrport_unallowed);
  CHECK(realm.refused(x1, rsap(one, port(81))).error == ErrorCode::local_addrport_unallowed);  // not by ASSIGN
  CHECK(realm.refused(x2, listen(two, port(81))).error == ErrorCode::local_addrport_unallowed);
  CHECK(realm.refused(x1, listen(one, port(81), {TunnelType::l2tp})).error == ErrorCode::bad_tunnel_type);

  // Ports that may be any, and ports of the ordinary range.
  const auto any = realm.ask<wire::ListenResponse>(x1, listen(one, wire::AnyPorts{2}));
  CHECK(std::get<Run<Port>>(any.local_ports).first >= Port{20000});
  CHECK(realm.ask<wire::ListenResponse>(x1, listen(one, port(40000))).local_ports == port(40000));

  realm.ask<wire::FreeResponse>(x1, free_request(one, granted.bind));
  CHECK(realm.refused(x1, listen(one, port(80))).error == ErrorCode::local_addrport_inuse);  // it rests
  realm.now += 120s;
  CHECK(realm.ask<wire::ListenResponse>(x1, listen(one, port(80))).local_ports == port(80));
}

TEST_CASE("tunnels: one for each host and type that it needs") {
  gateway::Policy policy;
  policy.tunnels = {TunnelType::gre, TunnelType::ip_ip};
  Realm realm(policy);
  const auto offered = realm.ask<wire::RegisterResponse>(x1, wire::RegisterRequest{});
  CHECK(offered.tunnels == policy.tunnels);
  const ClientId client = offered.client;
  wire::AssignRequestRsapIp request = rsap(client, wire::AnyPorts{1});
  const auto usual = realm.ask<wire::AssignResponseRsapIp>(x1, request);
  CHECK(usual.tunnel == TunnelType::gre);
  request.tunnel = TunnelType::ip_ip;
  CHECK(realm.ask<wire::AssignResponseRsapIp>(x1, request).tunnel == TunnelType::ip_ip);
  request.tunnel = TunnelType::l2tp;
  CHECK(realm.refused(x1, request).error == ErrorCode::bad_tunnel_type);
  CHECK(realm.ask<wire::ListenResponse>(x1, listen(client, wire::AnyPorts{1}, {TunnelType::l2tp, TunnelType::ip_ip}))
            .tunnel == TunnelType::ip_ip);
  REQUIRE(realm.kernel.tunnels.size() == 2);
  CHECK(realm.kernel.tunnels.begin()->second.slot != realm.kernel.tunnels.rbegin()->second.slot);

  realm.ask<wire::FreeResponse>(x1, free_request(client, usual.bind));
  realm.remove_idle_tunnels();
  REQUIRE(realm.kernel.tunnels.size() == 1);
  CHECK(realm.kernel.tunnels.begin()->second.type == TunnelType::ip_ip);
}

TEST_CASE("tunnels: IPsec permission and cookies belong to the tunnel of the binding") {
  gateway::Policy policy;
  policy.tunnels = {TunnelType::ip_ip, TunnelType::gre};
  Realm realm(policy);
  const ClientId client = realm.enroll(x1);
  wire::AssignRequestRsipsec request = rsipsec(client, wire::NoPorts{}, wire::AnySpis{1});
  realm.ask<wire::AssignResponseRsipsec>(x1, request);
  request.tunnel = TunnelType::gre;
  const auto second = realm.ask<wire::AssignResponseRsipsec>(x1, request);
  CHECK(realm.kernel.count(Family::ip, "ipsec_out") == 2);
  const auto index = [&](TunnelType type) {
    return std::ranges::find_if(realm.kernel.tunnels, [&](const auto& entry) { return entry.second.type == type; })
        ->first;
  };
  CHECK(realm.gateway->judge_ike(index(TunnelType::gre), ike(nb, 7), realm.now) == steer::Verdict::accept);
  realm.ask<wire::FreeResponse>(x1, free_request(client, second.bind));
  CHECK(realm.kernel.count(Family::ip, "ipsec_out") == 1);
  CHECK(realm.kernel.count(Family::ip, "cookie_out") == 0);
  CHECK(realm.gateway->judge_ike(index(TunnelType::ip_ip), ike(nb, 7), realm.now) == steer::Verdict::accept);
}

TEST_CASE("a host keeps to the transport it registered with") {
  Realm realm;
  std::uint32_t counter = 0;
  const auto over = [&](Transport transport, wire::Message message) {
    if (transport == Transport::udp) {
      std::visit([&](auto& any) { any.counter = Counter{++counter}; }, message);
    }
    return *wire::decode(*realm.gateway->handle({x1, 1, na, transport}, wire::encode(message), realm.now));
  };
  const auto error = [](const wire::Message& message) { return std::get<wire::ErrorResponse>(message).error; };
  const auto enroll = [&](Transport transport) {
    return std::get<wire::RegisterResponse>(over(transport, wire::RegisterRequest{})).client;
  };

  ClientId client = enroll(Transport::tcp);
  CHECK(error(over(Transport::udp, rsap(client, wire::AnyPorts{1}))) == ErrorCode::use_tcp);
  CHECK(std::holds_alternative<wire::AssignResponseRsapIp>(over(Transport::tcp, rsap(client, wire::AnyPorts{1}))));
  // One that was restarted may come back in another way (RFC 3103 section 10.2.2).
  CHECK(error(over(Transport::udp, wire::RegisterRequest{})) == ErrorCode::already_registered);
  CHECK(std::holds_alternative<wire::DeregisterResponse>(over(Transport::udp, deregister(client))));
  client = enroll(Transport::udp);
  CHECK(error(over(Transport::tcp, rsap(client, wire::AnyPorts{1}))) == ErrorCode::unknown_error);
  CHECK(std::holds_alternative<wire::AssignResponseRsapIp>(over(Transport::udp, rsap(client, wire::AnyPorts{1}))));
}

TEST_CASE("hosts are told when a lease is over, with counter 0") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  const BindId bind = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1})).bind;
  realm.ask<wire::RegisterResponse>(x2, wire::RegisterRequest{});
  CHECK(unasked(realm).empty());

  realm.now += 101s;
  realm.gateway->expire(realm.now);
  auto told = realm.gateway->take_unasked();
  REQUIRE(told.size() == 1);
  CHECK(told[0].to.host == x1);
  CHECK(told[0].to.port == 1234);
  const auto freed = std::get<wire::FreeResponse>(*wire::decode(told[0].message));
  CHECK(freed.client == client);
  CHECK(freed.bind == bind);
  CHECK(freed.counter == Counter{0});
  CHECK(unasked(realm).empty());

  realm.now += 200s;
  realm.gateway->expire(realm.now);
  const auto over = unasked(realm);
  CHECK(over.size() == 2);
  CHECK(std::ranges::all_of(
      over, [](const wire::Message& message) { return std::holds_alternative<wire::DeregisterResponse>(message); }));

  const ClientId again = realm.enroll(x1);
  realm.gateway->dismiss_all(realm.now);
  const auto last = unasked(realm);
  REQUIRE(last.size() == 1);
  CHECK(std::get<wire::DeregisterResponse>(last[0]).client == again);
}

TEST_CASE("de-registering twice") {
  Realm realm;
  CHECK(realm.refused(x1, deregister(ClientId{5})).error == ErrorCode::register_first);
  const ClientId client = realm.enroll(x1);
  CHECK(realm.refused(x1, deregister(ClientId{number(client) ^ 1})).error == ErrorCode::bad_client_id);
  realm.ask<wire::DeregisterResponse>(x1, deregister(client));
  CHECK(realm.refused(x1, deregister(client)).error == ErrorCode::already_unregistered);
  CHECK(realm.refused(x1, deregister(ClientId{number(client) ^ 1})).error == ErrorCode::register_first);
  CHECK(realm.refused(x2, deregister(client)).error == ErrorCode::register_first);
}

TEST_CASE("what the operator revokes is over at once, and the host is told") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  const BindId bind = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1})).bind;
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  CHECK(realm.gateway->revoke(x2, {}, realm.now).error().code == ENOENT);
  CHECK(realm.gateway->revoke(x1, BindId{9}, realm.now).error().code == ENOENT);
  realm.kernel.fail_commits = true;
  CHECK_FALSE(realm.gateway->revoke(x1, bind, realm.now));
  CHECK_FALSE(realm.gateway->revoke(x1, {}, realm.now));
  CHECK(unasked(realm).empty());
  realm.kernel.fail_commits = false;

  REQUIRE(realm.gateway->revoke(x1, bind, realm.now));
  CHECK(realm.kernel.count(Family::ip, "port_out") == 1);
  const auto freed = unasked(realm);
  REQUIRE(freed.size() == 1);
  CHECK(std::get<wire::FreeResponse>(freed[0]).bind == bind);
  REQUIRE(realm.gateway->revoke(x1, {}, realm.now));
  CHECK(realm.kernel.elements.empty());
  const auto over = unasked(realm);
  REQUIRE(over.size() == 1);
  CHECK(std::get<wire::DeregisterResponse>(over[0]).client == client);
  CHECK(realm.refused(x1, rsap(client, wire::AnyPorts{1})).error == ErrorCode::register_first);
}

}  // namespace gateway_methods_test
