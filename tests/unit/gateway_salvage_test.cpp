// SPDX-License-Identifier: GPL-2.0-or-later
// Leases of which only the kernel knows. That none is lost, whatever it has, model_test.cpp shows.
#include <doctest/doctest.h>

#include "gateway/salvage.hpp"
#include "gateway_realm.hpp"

namespace gateway_salvage_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

constexpr Ipv4 y{0xcb007102};

/// x1 has ports and x2 SPIs and a cookie, and the gateway has forgotten both.
struct Forgotten : Realm {
  Forgotten() {
    client1 = enroll(x1);
    ports = ask<wire::AssignResponseRsapIp>(x1, rsap(client1, wire::AnyPorts{4}));
    const ClientId client2 = enroll(x2);
    spis = ask<wire::AssignResponseRsipsec>(x2, rsipsec(client2, wire::NoPorts{}, wire::AnySpis{2}));
    CHECK(gateway->judge_ike(tunnel(x2).device.index, ike(nb, 7, 500, y), now) == steer::Verdict::accept);
    for (const auto& [key, element] : kernel.elements) elements.push_back(element);
  }

  gateway::Kernel::MadeTunnel tunnel(Ipv4 host) {
    const auto tunnels = kernel.put_tunnels_in_order();
    for (const gateway::Kernel::MadeTunnel& made : *tunnels) {
      if (made.tunnel.host == host) return made;
    }
    FAIL("no tunnel");
    return {};
  }

  store::Saved salvage() {
    return gateway::salvage(elements, *kernel.put_tunnels_in_order(), gateway->leases().config(), now);
  }

  void go_on() {
    gateway->restore(salvage(), now);
    REQUIRE(gateway->reinstate(now));
  }

  std::optional<gateway::Bytes> say(const wire::Message& message, Transport transport) {
    return gateway->handle({x1, 1234, na, transport}, wire::encode(message), now);
  }

  ClientId client1{};
  wire::AssignResponseRsapIp ports;
  wire::AssignResponseRsipsec spis;
  steer::Elements elements;
};

wire::ExtendRequest extension(ClientId client, BindId bind, std::uint32_t counter) {
  wire::ExtendRequest request = extend_request(client, bind, std::nullopt);
  request.counter = Counter{counter};
  return request;
}

template <typename Response>
bool is(const std::optional<gateway::Bytes>& answer) {
  if (!answer) return false;
  const auto decoded = wire::decode(*answer);
  return decoded && std::holds_alternative<Response>(*decoded);
}

std::optional<wire::ErrorCode> error_in(const std::optional<gateway::Bytes>& answer) {
  if (!is<wire::ErrorResponse>(answer)) return std::nullopt;
  return std::get<wire::ErrorResponse>(*wire::decode(*answer)).error;
}

}  // namespace

TEST_CASE("salvage: a host extends and frees what only the kernel remembered") {
  Forgotten realm;
  const auto before = realm.kernel.elements;
  realm.go_on();
  CHECK(realm.kernel.elements == before);
  (void)realm.ask<wire::ExtendResponse>(x1, extend_request(realm.client1, realm.ports.bind, LeaseTime{50}));
  (void)realm.ask<wire::FreeResponse>(x1, free_request(realm.client1, realm.ports.bind));
  // A bind ID is not used again while it may be remembered.
  CHECK(realm.ask<wire::AssignResponseRsapIp>(x1, rsap(realm.client1, wire::AnyPorts{1})).bind > realm.ports.bind);
}

TEST_CASE("salvage: a lease ends when it would have ended, a registration no earlier than its host was told") {
  Forgotten realm;
  realm.now += 40s;
  for (steer::Element& element : realm.elements) element.timeout -= 40s;
  const store::Saved saved = realm.salvage();
  REQUIRE(saved.hosts.size() == 2);
  for (const store::SavedHost& host : saved.hosts) {
    CHECK(host.registration.expires == realm.now + 300s);
    REQUIRE(host.registration.bindings.size() == 1);
    CHECK(host.registration.bindings.begin()->second.expires == realm.now + 60s);
  }
}

TEST_CASE("salvage: a host goes on over the transport that it uses, and keeps to it") {
  for (const Transport transport : {Transport::udp, Transport::tcp}) {
    Forgotten realm;
    realm.go_on();
    const Transport other = transport == Transport::udp ? Transport::tcp : Transport::udp;
    CHECK(is<wire::ExtendResponse>(realm.say(extension(realm.client1, realm.ports.bind, 1), transport)));
    CHECK(error_in(realm.say(extension(realm.client1, realm.ports.bind, 2), other)) ==
          (other == Transport::udp ? wire::ErrorCode::use_tcp : wire::ErrorCode::unknown_error));
  }
}

TEST_CASE("salvage: nobody is told what was not asked for as long as it is not known how") {
  Forgotten realm;
  realm.go_on();
  realm.now += 200s;
  realm.gateway->expire(realm.now);
  CHECK(realm.gateway->take_unasked().empty());
}

TEST_CASE("salvage: what is not as we make it is left out") {
  Forgotten realm;
  const store::Saved clean = realm.salvage();
  const steer::Device one = realm.tunnel(x1).device;
  const auto add = [&realm](const steer::Elements& more) {
    realm.elements.insert(realm.elements.end(), more.begin(), more.end());
  };
  const steer::Owner owner{realm.client1, realm.ports.bind, x1};
  steer::Elements odd = steer::port_elements(one, nb, Port{7}, owner, 1h);

  SUBCASE("another client ID of a host") {
    add(steer::port_elements(one, nb, Port{7}, {ClientId{9}, BindId{1}, x1}, 1h));
  }
  SUBCASE("the client ID of another host") {
    const steer::Device two = realm.tunnel(x2).device;
    add(steer::port_elements(two, nb, Port{7}, {realm.client1, BindId{1}, x2}, 1h));
  }
  SUBCASE("a host behind another's tunnel") {
    add(steer::port_elements(one, nb, Port{7}, {ClientId{9}, BindId{1}, Ipv4{0x0a00000d}}, 1h));
  }
  SUBCASE("a tunnel that is not there") {
    add(steer::port_elements({"rsip77", 77}, nb, Port{7}, owner, 1h));
    add(steer::spi_elements({"rsip77", 77}, nb, Spi{0x10000007}, owner, 1h));
  }
  SUBCASE("another address of a binding") {
    add(steer::port_elements(one, Ipv4{0xc6336402}, Port{7}, owner, 1h));
  }
  SUBCASE("no end") {
    add(steer::port_elements(one, nb, Port{7}, owner, 0s));
  }
  SUBCASE("no bind ID") {
    add(steer::port_elements(one, nb, Port{7}, {realm.client1, BindId{0}, x1}, 1h));
  }
  SUBCASE("another comment") {
    for (const char* comment : {"", "client", "client x bind 1 10.0.0.11", "client 7 bind 1 10.0.0.11 too",
                                "client 99999999999 bind 1 10.0.0.11", "client 7 bind 1 peer 10.0.0.11"}) {
      for (steer::Element& element : odd) element.comment = comment;
      add(odd);
    }
  }
  SUBCASE("a key that is too short, or too long") {
    for (const std::size_t size : {0, 3, 16, 20, 32, 64}) {
      for (steer::Element& element : odd) element.key.resize(size);
      add(odd);
    }
  }
  SUBCASE("a cookie prefix of nothing") {
    add(steer::prefix_elements(one, nb, {0, 16}, owner, 1h));
  }

  const store::Saved saved = realm.salvage();
  REQUIRE(saved.hosts.size() == clean.hosts.size());
  for (std::size_t i = 0; i < clean.hosts.size(); ++i) {
    CHECK(saved.hosts[i].registration.client == clean.hosts[i].registration.client);
    CHECK(saved.hosts[i].registration.bindings == clean.hosts[i].registration.bindings);
    CHECK(saved.hosts[i].registration.ike == clean.hosts[i].registration.ike);
  }
}

}  // namespace gateway_salvage_test
