// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/gateway.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "gateway_realm.hpp"

namespace gateway_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;
using steer::Family;
using wire::ErrorCode;

TEST_CASE("a registration offers what the gateway has") {
  Realm realm;
  const auto response = realm.ask<wire::RegisterResponse>(x1, wire::RegisterRequest{});
  CHECK(response.lease == 300s);
  CHECK(response.policy == wire::FlowPolicy{wire::LocalPolicy::macro, wire::RemotePolicy::none});
  CHECK(response.methods == std::vector{wire::Method::rsap_ip, wire::Method::rsipsec});
  CHECK(response.tunnels == std::vector{wire::TunnelType::ip_ip});

  const auto again = realm.refused(x1, wire::RegisterRequest{});
  CHECK(again.error == ErrorCode::already_registered);
  CHECK(again.client == response.client);
}

TEST_CASE("who may register, and who may use IPsec") {
  gateway::Policy policy;
  policy.allow = {*parse_prefix("10.0.0.0/24")};
  policy.deny = {*parse_prefix("10.0.0.12")};
  policy.ipsec_allow = {*parse_prefix("10.0.0.64/26")};
  Realm realm(policy);
  CHECK(realm.refused(x2, wire::RegisterRequest{}).error == ErrorCode::registration_denied);
  CHECK(realm.refused(Ipv4{0x0a000105}, wire::RegisterRequest{}).error == ErrorCode::registration_denied);
  const auto response = realm.ask<wire::RegisterResponse>(x1, wire::RegisterRequest{});
  CHECK(response.methods == std::vector{wire::Method::rsap_ip});
  CHECK(realm.refused(x1, rsipsec(response.client, wire::NoPorts{}, wire::AnySpis{4})).error ==
        ErrorCode::ipsec_unallowed);
  CHECK(realm.ask<wire::RegisterResponse>(Ipv4{0x0a000041}, wire::RegisterRequest{}).methods.size() == 2);
}

TEST_CASE("nothing without a registration") {
  Realm realm;
  const ClientId nobody{77};
  for (const wire::Message& request :
       {wire::Message{rsap(nobody, wire::AnyPorts{1})},
        wire::Message{rsipsec(nobody, wire::NoPorts{}, wire::AnySpis{1})},
        wire::Message{extend_request(nobody, BindId{1}, {})}, wire::Message{free_request(nobody, BindId{1})},
        wire::Message{deregister(nobody)}}) {
    const auto error = realm.refused(x1, request);
    CHECK(error.error == ErrorCode::register_first);
    CHECK(error.client == nobody);
  }
  CHECK(realm.kernel.commits == 0);
}

TEST_CASE("a wrong client or bind ID changes nothing") {
  Realm realm;
  const ClientId right = realm.enroll(x1);
  const ClientId other = realm.enroll(x2);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(right, wire::AnyPorts{2}));
  const auto before = realm.kernel.elements;
  CHECK(realm.refused(x1, rsap(other, wire::AnyPorts{1})).error == ErrorCode::bad_client_id);
  CHECK(realm.refused(x1, deregister(other)).error == ErrorCode::bad_client_id);
  CHECK(realm.refused(x2, free_request(right, BindId{1})).error == ErrorCode::bad_client_id);
  const auto error = realm.refused(x1, free_request(right, BindId{9}));
  CHECK(error.error == ErrorCode::bad_bind_id);
  CHECK(error.bind == BindId{9});
  CHECK(error.client == right);
  CHECK(realm.refused(x1, extend_request(right, BindId{9}, {})).error == ErrorCode::bad_bind_id);
  CHECK(realm.kernel.elements == before);
}

TEST_CASE("RSAP-IP: ports are in force when the answer is there") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  CHECK(realm.kernel.tunnels.empty());
  const auto response = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  CHECK(response.client == client);
  CHECK(response.local == wire::Address{nb});
  REQUIRE(std::holds_alternative<Run<Port>>(response.local_ports));
  CHECK(std::get<Run<Port>>(response.local_ports).count == 4);
  CHECK(response.remote == wire::Address{wire::AnyAddress{}});
  CHECK(response.remote_ports == wire::Ports{wire::AnyPorts{1}});
  CHECK(response.lease == 100s);
  CHECK(response.tunnel == wire::TunnelType::ip_ip);
  CHECK_FALSE(response.tunnel_endpoint);

  CHECK(realm.kernel.commits == 1);
  CHECK(realm.kernel.count(Family::netdev, "port_in") == 4);
  CHECK(realm.kernel.count(Family::ip, "port_in") == 4);
  CHECK(realm.kernel.count(Family::ip, "port_out") == 4);
  CHECK(realm.kernel.count(Family::ip, "echo_out") == 1);
  CHECK(realm.kernel.elements.size() == 13);
  CHECK(realm.kernel.tunnels.begin()->second.host == x1);
  CHECK(realm.kernel.tunnels.begin()->second.gateway == na);
  for (const auto& [key, element] : realm.kernel.elements) {
    CHECK(element.timeout == 100s);
    const std::string bind = element.set == std::string("echo_out") ? "" : "bind 1 ";  // shared by all bindings
    CHECK(element.comment == "client " + std::to_string(number(client)) + " " + bind + "10.0.0.11");
  }
}

TEST_CASE("RSIPSEC: 'don't need' ports stay so, 'don't care' SPIs are contiguous") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  auto request = rsipsec(client, wire::NoPorts{}, wire::AnySpis{16});
  request.remote_ports = wire::NoPorts{};
  const auto response = realm.ask<wire::AssignResponseRsipsec>(x1, request);
  CHECK(response.local_ports == wire::Ports{wire::NoPorts{}});
  CHECK(response.remote_ports == wire::Ports{wire::NoPorts{}});
  REQUIRE(std::holds_alternative<Run<Spi>>(response.spis));
  CHECK(std::get<Run<Spi>>(response.spis).count == 16);
  CHECK(realm.kernel.count(Family::netdev, "spi_in") == 16);
  CHECK(realm.kernel.count(Family::ip, "spi_in") == 16);
  CHECK(realm.kernel.count(Family::ip, "ipsec_out") == 1);
  CHECK(realm.kernel.elements.size() == 33);

  // RFC 3104 section 6.2: local and remote ports are asked for one by one.
  const auto with_ports =
      realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::AnyPorts{2}, wire::AnySpis{1}));
  CHECK(std::holds_alternative<Run<Port>>(with_ports.local_ports));
}

TEST_CASE("suggested SPIs are granted or refused") {
  Realm realm;
  const ClientId first = realm.enroll(x1);
  const ClientId second = realm.enroll(x2);
  const auto one = rsipsec(first, wire::NoPorts{}, Run<Spi>{Spi{0x10000100}, 1});
  CHECK(realm.ask<wire::AssignResponseRsipsec>(x1, one).spis == wire::Spis{Run<Spi>{Spi{0x10000100}, 1}});
  auto same = one;
  same.client = second;
  CHECK(realm.refused(x2, same).error == ErrorCode::ipsec_spi_inuse);
  const std::vector list{Spi{0x10000200}, Spi{0x10000300}};
  CHECK(realm.ask<wire::AssignResponseRsipsec>(x2, rsipsec(second, wire::NoPorts{}, list)).spis == wire::Spis{list});
  CHECK(realm.refused(x2, rsipsec(second, wire::NoPorts{}, Run<Spi>{Spi{100}, 1})).error == ErrorCode::ipsec_spi_inuse);
}

TEST_CASE("a host may choose an SPI itself, but none that the gateway's own IPsec has") {
  Realm realm;
  realm.kernel.own_sas = {{nb, Spi{0xc0000001}}};
  const ClientId client = realm.enroll(x1);
  const auto chosen = [client](std::uint32_t spi) { return rsipsec(client, wire::NoPorts{}, Run<Spi>{Spi{spi}, 1}); };
  CHECK(realm.refused(x1, chosen(0xc0000001)).error == ErrorCode::ipsec_spi_inuse);
  CHECK(realm.kernel.elements.empty());
  CHECK(realm.kernel.tunnels.empty());
  const auto granted = realm.ask<wire::AssignResponseRsipsec>(x1, chosen(0xc0000002));
  CHECK(granted.spis == wire::Spis{Run<Spi>{Spi{0xc0000002}, 1}});
  CHECK(realm.kernel.count(steer::Family::netdev, "spi_in") == 1);

  realm.kernel.own_sas.clear();
  CHECK(realm.ask<wire::AssignResponseRsipsec>(x1, chosen(0xc0000001)).local == wire::Address{nb});

  realm.kernel.fail_own_sas = true;
  CHECK(realm.refused(x1, chosen(0xc0000003)).error == ErrorCode::internal_server_error);
  realm.kernel.fail_own_sas = false;
  realm.ask<wire::AssignResponseRsipsec>(x1, chosen(0xc0000003));
}

TEST_CASE("the kernel is asked about suggested SPIs only, and about few at once") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::AnyPorts{2}, wire::AnySpis{16}));
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::NoPorts{}, Run<Spi>{Spi{0x10000100}, 100}));
  CHECK(realm.kernel.own_sa_lookups == 0);
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::NoPorts{}, Run<Spi>{Spi{0xc0000000}, 16}));
  CHECK(realm.kernel.own_sa_lookups == 16);
  CHECK(realm.refused(x1, rsipsec(client, wire::NoPorts{}, Run<Spi>{Spi{0xd0000000}, 17})).error ==
        ErrorCode::ipsec_spi_unavailable);
  CHECK(realm.kernel.own_sa_lookups == 16);
}

TEST_CASE("what there is no more of is refused by its own error") {
  lease::Config config;
  config.ports = {Port{5000}, 2};
  config.spis = {Spi{0x1000}, 2};
  Realm realm({}, config);
  const ClientId client = realm.enroll(x1);
  CHECK(realm.refused(x1, rsap(client, wire::AnyPorts{3})).error == ErrorCode::local_addrport_unavailable);
  CHECK(realm.refused(x1, rsipsec(client, wire::NoPorts{}, wire::AnySpis{3})).error ==
        ErrorCode::ipsec_spi_unavailable);
  CHECK(realm.refused(x1, rsap(client, Run<Port>{Port{80}, 1})).error == ErrorCode::local_addrport_unallowed);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, Run<Port>{Port{5000}, 1}));
  CHECK(realm.refused(x1, rsap(client, Run<Port>{Port{5000}, 2})).error == ErrorCode::local_addrport_inuse);
}

TEST_CASE("local addresses and tunnel types of a request") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  auto request = rsap(client, wire::AnyPorts{1});
  const auto with_address = [&](wire::Address address) {
    request.local = std::move(address);
    return realm.ask(x1, request);
  };
  const auto error_of = [](const wire::Message& message) { return std::get<wire::ErrorResponse>(message).error; };
  CHECK(std::holds_alternative<wire::AssignResponseRsapIp>(with_address(nb)));
  CHECK(std::holds_alternative<wire::AssignResponseRsapIp>(with_address(Ipv4{0})));
  CHECK(error_of(with_address(Ipv4{0x01020304})) == ErrorCode::local_addr_unallowed);
  CHECK(error_of(with_address(wire::Ipv6{{0x20, 0x01}})) == ErrorCode::local_addr_unallowed);
  CHECK(error_of(with_address(wire::Fqdn{"example.org"})) == ErrorCode::bad_param);
  request.local = wire::AnyAddress{};
  for (const auto type : {wire::TunnelType::gre, wire::TunnelType::l2tp, wire::TunnelType{9}}) {
    request.tunnel = type;
    CHECK(realm.refused(x1, request).error == ErrorCode::bad_tunnel_type);
  }
  request.tunnel = wire::TunnelType::ip_ip;
  realm.ask<wire::AssignResponseRsapIp>(x1, request);
}

TEST_CASE("extending gives every element the new lease, in one transaction") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::AnyPorts{2}, wire::AnySpis{4}));
  const auto tunnel = realm.kernel.tunnels.begin()->first;
  CHECK(realm.gateway->judge_ike(tunnel, ike(nb, 42), realm.now) == steer::Verdict::accept);
  const int commits = realm.kernel.commits;
  const std::size_t elements = realm.kernel.elements.size();
  realm.now += 50s;
  const auto response = realm.ask<wire::ExtendResponse>(x1, extend_request(client, BindId{1}, LeaseTime{700}));
  CHECK(response.lease == 700s);
  CHECK(realm.kernel.commits == commits + 1);
  CHECK(realm.kernel.elements.size() == elements);
  for (const auto& [key, element] : realm.kernel.elements) CHECK(element.timeout == 700s);
  realm.now += 699s;
  realm.ask<wire::ExtendResponse>(x1, extend_request(client, BindId{1}, {}));
}

TEST_CASE("freeing and de-registering leave nothing in the kernel") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::AnyPorts{2}, wire::AnySpis{4}));
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::NoPorts{}, wire::AnySpis{4}));
  const auto tunnel = realm.kernel.tunnels.begin()->first;
  CHECK(realm.gateway->judge_ike(tunnel, ike(nb, 42), realm.now) == steer::Verdict::accept);
  CHECK(realm.kernel.tunnels.size() == 1);

  realm.ask<wire::FreeResponse>(x1, free_request(client, BindId{1}));
  CHECK(realm.kernel.count(Family::ip, "port_in") == 0);
  CHECK(realm.kernel.count(Family::ip, "ipsec_out") == 1);
  CHECK(realm.kernel.tunnels.size() == 1);
  CHECK(realm.refused(x1, free_request(client, BindId{1})).error == ErrorCode::bad_bind_id);

  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{3}));
  CHECK(realm.ask<wire::DeregisterResponse>(x1, deregister(client)).client == client);
  CHECK(realm.kernel.elements.empty());
  realm.remove_idle_tunnels();
  CHECK(realm.kernel.tunnels.empty());
  CHECK(realm.refused(x1, deregister(client)).error == ErrorCode::already_unregistered);
}

TEST_CASE("the IPsec permission follows the host's last RSIPSEC binding") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  const auto permission = [&] {
    for (const auto& [key, element] : realm.kernel.elements) {
      if (element.set == std::string("ipsec_out")) return element.timeout;
    }
    return std::chrono::milliseconds{0};
  };
  auto request = rsipsec(client, wire::NoPorts{}, wire::AnySpis{1});
  request.lease = LeaseTime{200};
  realm.ask<wire::AssignResponseRsipsec>(x1, request);
  CHECK(permission() == 200s);
  request.lease = LeaseTime{100};
  realm.ask<wire::AssignResponseRsipsec>(x1, request);
  CHECK(permission() == 200s);
  request.lease = LeaseTime{400};
  realm.ask<wire::AssignResponseRsipsec>(x1, request);
  CHECK(permission() == 400s);
  realm.ask<wire::FreeResponse>(x1, free_request(client, BindId{3}));
  CHECK(permission() == 200s);
  realm.ask<wire::ExtendResponse>(x1, extend_request(client, BindId{2}, LeaseTime{300}));
  CHECK(permission() == 300s);
  realm.ask<wire::FreeResponse>(x1, free_request(client, BindId{2}));
  realm.ask<wire::FreeResponse>(x1, free_request(client, BindId{1}));
  CHECK(realm.kernel.elements.empty());
}

TEST_CASE("bindings without IPsec share one permission for ICMP echo") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  CHECK(realm.kernel.count(Family::ip, "echo_out") == 1);
  realm.ask<wire::FreeResponse>(x1, free_request(client, BindId{1}));
  CHECK(realm.kernel.count(Family::ip, "echo_out") == 1);
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::NoPorts{}, wire::AnySpis{1}));
  CHECK(realm.kernel.count(Family::ip, "echo_out") == 1);
  realm.ask<wire::FreeResponse>(x1, free_request(client, BindId{2}));
  CHECK(realm.kernel.count(Family::ip, "echo_out") == 0);
  CHECK(realm.kernel.count(Family::ip, "ipsec_out") == 1);
}

TEST_CASE("leases expire, and take their device with them") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  realm.now += 100s;
  CHECK(realm.refused(x1, extend_request(client, BindId{1}, {})).error == ErrorCode::bad_bind_id);
  realm.now += 1s;
  CHECK(realm.gateway->next_expiry() == realm.now);
  realm.gateway->expire(realm.now);
  realm.remove_idle_tunnels();
  CHECK(realm.kernel.tunnels.empty());
  realm.now += 200s;
  realm.gateway->expire(realm.now);
  CHECK(realm.refused(x1, rsap(client, wire::AnyPorts{1})).error == ErrorCode::register_first);
  CHECK_FALSE(realm.gateway->next_expiry());
}

TEST_CASE("what the kernel refuses is not promised") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  realm.kernel.fail_commits = true;
  CHECK(realm.refused(x1, rsap(client, wire::AnyPorts{1})).error == ErrorCode::internal_server_error);
  realm.remove_idle_tunnels();
  CHECK(realm.kernel.tunnels.empty());
  realm.kernel.fail_commits = false;
  realm.kernel.fail_tunnels = true;
  CHECK(realm.refused(x1, rsap(client, wire::AnyPorts{1})).error == ErrorCode::internal_server_error);
  CHECK(realm.kernel.elements.empty());
  realm.kernel.fail_tunnels = false;

  const auto held = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  realm.kernel.fail_commits = true;
  CHECK(realm.refused(x1, extend_request(client, held.bind, {})).error == ErrorCode::internal_server_error);
  CHECK(realm.refused(x1, free_request(client, held.bind)).error == ErrorCode::internal_server_error);
  CHECK(realm.refused(x1, deregister(client)).error == ErrorCode::internal_server_error);
  realm.kernel.fail_commits = false;
  realm.ask<wire::FreeResponse>(x1, free_request(client, held.bind));
}

TEST_CASE("initiator cookies: learned both ways, refused to another host, least recently used out") {
  lease::Config config;
  config.max_cookies = 2;
  Realm realm({}, config);
  const ClientId first = realm.enroll(x1);
  const ClientId second = realm.enroll(x2);
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(first, wire::NoPorts{}, wire::AnySpis{1}));
  realm.ask<wire::AssignResponseRsipsec>(x2, rsipsec(second, wire::NoPorts{}, wire::AnySpis{1}));
  const auto index_of = [&](Ipv4 host) {
    for (const auto& [index, tunnel] : realm.kernel.tunnels) {
      if (tunnel.host == host) return index;
    }
    return 0U;
  };
  const auto judge = [&](Ipv4 host, const std::vector<std::uint8_t>& packet) {
    return realm.gateway->judge_ike(index_of(host), packet, realm.now);
  };

  CHECK(judge(x1, ike(nb, 7)) == steer::Verdict::accept);
  CHECK(realm.kernel.count(Family::netdev, "cookie_in") == 1);
  CHECK(realm.kernel.count(Family::ip, "cookie_in") == 1);
  CHECK(realm.kernel.count(Family::ip, "cookie_out") == 1);
  const int commits = realm.kernel.commits;
  CHECK(judge(x1, ike(nb, 7)) == steer::Verdict::accept);  // a retransmission that was queued before the cookie was in
  CHECK(realm.kernel.commits == commits);
  CHECK(judge(x2, ike(nb, 7)) == steer::Verdict::refuse_cookie);
  CHECK(judge(x2, ike(nb, 8)) == steer::Verdict::accept);

  CHECK(judge(x1, ike(nb, 9)) == steer::Verdict::accept);
  CHECK(judge(x1, ike(nb, 7)) == steer::Verdict::accept);
  CHECK(judge(x1, ike(nb, 10)) == steer::Verdict::accept);  // 9 goes, not 7
  CHECK(realm.kernel.count(Family::ip, "cookie_out") == 3);
  CHECK(judge(x2, ike(nb, 9)) == steer::Verdict::accept);
  CHECK(judge(x2, ike(nb, 7)) == steer::Verdict::refuse_cookie);

  CHECK(judge(x1, ike(Ipv4{nb.value + 1}, 50)) == steer::Verdict::drop);  // an address it holds nothing on
  CHECK(judge(x1, ike(nb, 51, 4500)) == steer::Verdict::drop);
  CHECK(realm.gateway->judge_ike(9999, ike(nb, 52), realm.now) == steer::Verdict::drop);
  realm.kernel.fail_commits = true;
  CHECK(judge(x1, ike(nb, 53)) == steer::Verdict::drop);  // not in force: not accepted
  realm.kernel.fail_commits = false;
  CHECK(judge(x2, ike(nb, 53)) == steer::Verdict::accept);
}

TEST_CASE("UDP: counters are required, and a repeated one gets the identical answer") {
  Realm realm;
  const auto send = [&](const wire::Message& message, std::uint16_t port = 1234) {
    return realm.gateway->handle({x1, port, na, Transport::udp}, wire::encode(message), realm.now);
  };
  const auto counted = [](auto message, std::uint32_t counter) {
    message.counter = Counter{counter};
    return wire::Message{message};
  };
  const auto missing = std::get<wire::ErrorResponse>(*wire::decode(*send(wire::RegisterRequest{})));
  CHECK(missing.error == ErrorCode::message_counter_required);

  const auto first = send(counted(wire::RegisterRequest{}, 1));
  const auto response = std::get<wire::RegisterResponse>(*wire::decode(*first));
  CHECK(response.counter == Counter{1});
  CHECK(send(counted(wire::RegisterRequest{}, 1)) == first);

  const auto assign = counted(rsap(response.client, wire::AnyPorts{2}), 2);
  const auto assigned = send(assign);
  CHECK(send(assign) == assigned);
  CHECK(realm.kernel.commits == 1);
  CHECK(realm.kernel.count(Family::ip, "port_out") == 2);

  // A copy that the network kept back until after the next request: no answer, no second assignment.
  CHECK(send(counted(extend_request(response.client, BindId{1}, {}), 3)));
  CHECK_FALSE(send(assign));
  CHECK(realm.kernel.count(Family::ip, "port_out") == 2);

  const auto bye = counted(deregister(response.client), 4);
  const auto gone = send(bye);
  CHECK(std::holds_alternative<wire::DeregisterResponse>(*wire::decode(*gone)));
  CHECK(send(bye) == gone);
  // A host that starts over counts from 1 again.
  CHECK(std::holds_alternative<wire::RegisterResponse>(*wire::decode(*send(counted(wire::RegisterRequest{}, 1)))));
}

TEST_CASE("TCP: a counter is given back where there is one") {
  Realm realm;
  wire::RegisterRequest request;
  request.counter = Counter{5};
  CHECK(realm.ask<wire::RegisterResponse>(x1, request).counter == Counter{5});
  CHECK_FALSE(realm.refused(x1, wire::RegisterRequest{}).counter);
}

TEST_CASE("messages that the gateway does not serve") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  wire::AssignRequestRsaIp rsa;
  rsa.client = client;
  CHECK(realm.refused(x1, rsa).error == ErrorCode::unsupported_message);  // there is no exclusive pool

  const auto raw = [&](std::vector<std::uint8_t> bytes) {
    return realm.gateway->handle({x1, 1, na, Transport::tcp}, bytes, realm.now);
  };
  const auto error_of = [&](std::vector<std::uint8_t> bytes) {
    return std::get<wire::ErrorResponse>(*wire::decode(*raw(std::move(bytes)))).error;
  };
  CHECK(error_of({2, 2, 0, 4}) == ErrorCode::unsupported_rsip_version);
  CHECK(error_of({1, 99, 0, 4}) == ErrorCode::illegal_message);
  CHECK(error_of({1, 2, 0, 5}) == ErrorCode::bad_message);
  CHECK(error_of({1, 4, 0, 4}) == ErrorCode::missing_param);
  // Answers to answers would never end.
  CHECK_FALSE(raw(wire::encode(wire::ErrorResponse{})));
  CHECK_FALSE(raw(wire::encode(wire::DeregisterResponse{})));
}

TEST_CASE("a host that asks at another private address is told where its tunnel ends") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  const auto other = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}), Ipv4{0x0a000101});
  CHECK(other.tunnel_endpoint == wire::Address{na});
}

TEST_CASE("random requests of many hosts: no resource has two owners, none is lost") {
  lease::Config config;
  config.ports = {Port{30000}, 200};
  config.spis = {Spi{0x2000}, 400};
  config.hold = 0s;
  config.max_bindings = 6;
  Realm realm({}, config);
  std::mt19937 generator(99);
  // The kernel in memory refuses a second owner with EEXIST, which would come out as an internal error here.
  const auto ask = [&](Ipv4 host, const wire::Message& request) {
    const wire::Message reply = realm.ask(host, request);
    const auto* refusal = std::get_if<wire::ErrorResponse>(&reply);
    REQUIRE((refusal == nullptr || refusal->error != ErrorCode::internal_server_error));
    return reply;
  };
  const auto pick = [&](std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(generator);
  };
  std::map<Ipv4, ClientId> clients;

  for (int step = 0; step < 20000; ++step) {
    const Ipv4 host{0x0a000010 + pick(12)};
    const ClientId client = clients.contains(host) ? clients[host] : ClientId{1};
    const BindId bind{1 + pick(40)};
    switch (pick(8)) {
      case 0:
        if (const auto reply = ask(host, wire::RegisterRequest{});
            const auto* made = std::get_if<wire::RegisterResponse>(&reply)) {
          clients[host] = made->client;
        }
        break;
      case 1:
        ask(host, rsap(client, wire::AnyPorts{static_cast<std::uint8_t>(1 + pick(20))}));
        break;
      case 2:
      case 3:
        ask(host, rsipsec(client, wire::NoPorts{}, wire::AnySpis{static_cast<std::uint16_t>(1 + pick(30))}));
        break;
      case 4:
        ask(host, extend_request(client, bind, LeaseTime{1 + pick(200)}));
        break;
      case 5:
        ask(host, free_request(client, bind));
        break;
      case 6:
        if (pick(10) == 0) ask(host, deregister(client));
        break;
      default:
        if (!realm.kernel.tunnels.empty()) {
          realm.gateway->judge_ike(realm.kernel.tunnels.begin()->first, ike(nb, 1 + pick(50)), realm.now);
        }
    }
    realm.remove_idle_tunnels();
    CHECK(realm.kernel.count(Family::netdev, "port_in") == realm.kernel.count(Family::ip, "port_in"));
    CHECK(realm.kernel.count(Family::netdev, "spi_in") == realm.kernel.count(Family::ip, "spi_in"));
    CHECK(realm.kernel.count(Family::ip, "cookie_in") == realm.kernel.count(Family::ip, "cookie_out"));
  }

  for (const auto& [host, client] : clients) realm.ask(host, deregister(client));
  realm.remove_idle_tunnels();
  CHECK(realm.kernel.elements.empty());
  CHECK(realm.kernel.tunnels.empty());
  const ClientId last = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(last, wire::AnyPorts{200}));
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(last, wire::NoPorts{}, wire::AnySpis{400}));
}

}  // namespace gateway_test
