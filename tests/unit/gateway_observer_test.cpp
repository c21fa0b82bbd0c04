// SPDX-License-Identifier: GPL-2.0-or-later
// What the gateway tells those who keep account: each thing once, in order, and when the kernel has it.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "gateway/observer.hpp"
#include "gateway_realm.hpp"

namespace gateway_observer_test {

using namespace rsip;
using namespace rsip::test;
using gateway::End;
using gateway::Event;
using Kind = gateway::Event::Kind;

namespace {

/// An event that outlives its call.
struct Seen {
  Event event;
  std::optional<lease::Binding> binding;
  std::string cause;
};

class Recorder : public gateway::Observer {
 public:
  void happened(const Event& event) override {
    seen_.push_back({event, {}, std::string(event.cause)});
    if (event.binding != nullptr) seen_.back().binding = *event.binding;
  }

  /// All since the last call but requests that were answered as they asked.
  std::vector<Seen> take() {
    std::erase_if(seen_, [](const Seen& one) { return one.event.kind == Kind::answered && !one.event.error; });
    return std::exchange(seen_, {});
  }
  std::vector<Seen> take_all() { return std::exchange(seen_, {}); }

 private:
  std::vector<Seen> seen_;
};

struct Watched : Realm {
  explicit Watched(gateway::Policy policy = {}, const lease::Config& config = {}) : Realm(std::move(policy), config) {
    gateway->add_observer(recorder);
  }
  Recorder recorder;
};

}  // namespace

TEST_CASE("gateway: observers are told of a lease from its grant to its end") {
  Watched realm;
  const ClientId client = realm.enroll(x1);
  auto seen = realm.recorder.take();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].event.kind == Kind::registered);
  CHECK(seen[0].event.host == x1);
  CHECK(seen[0].event.client == client);

  const auto granted = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  seen = realm.recorder.take();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].event.kind == Kind::assigned);
  CHECK(seen[0].event.bind == granted.bind);
  REQUIRE(seen[0].binding);
  CHECK(seen[0].binding->address == nb);
  REQUIRE(seen[0].binding->ports.size() == 1);
  CHECK(seen[0].binding->ports[0].count == 4);
  CHECK(seen[0].binding->expires == realm.now + LeaseTime{100});

  realm.now += std::chrono::seconds{50};
  realm.ask<wire::ExtendResponse>(x1, extend_request(client, granted.bind, LeaseTime{70}));
  seen = realm.recorder.take();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].event.kind == Kind::extended);
  CHECK(seen[0].binding->expires == realm.now + LeaseTime{70});

  SUBCASE("freed") {
    realm.ask<wire::FreeResponse>(x1, free_request(client, granted.bind));
    seen = realm.recorder.take();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].event.end == End::freed);
  }
  SUBCASE("revoked") {
    REQUIRE(realm.gateway->revoke(x1, granted.bind, realm.now));
    seen = realm.recorder.take();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].event.end == End::revoked);
  }
  SUBCASE("expired") {
    realm.now += std::chrono::seconds{71};
    realm.gateway->expire(realm.now);
    seen = realm.recorder.take();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].event.end == End::expired);
  }
  SUBCASE("de-registered, and the registration after it") {
    realm.ask<wire::DeregisterResponse>(x1, deregister(client));
    seen = realm.recorder.take();
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].event.end == End::deregistered);
    CHECK(seen[1].event.kind == Kind::registration_ended);
    CHECK(seen[1].event.client == client);
  }
  REQUIRE(!seen.empty());
  CHECK(seen[0].event.kind == Kind::binding_ended);
  CHECK(seen[0].event.at == realm.now);
  CHECK(seen[0].event.bind == granted.bind);
  REQUIRE(seen[0].binding);
  CHECK(seen[0].binding->ports[0].count == 4);
}

TEST_CASE("gateway: observers are told of each request once, and why it was refused") {
  gateway::Policy policy;
  policy.deny = {{x2, 32}};
  Watched realm(policy);
  realm.refused(x2, wire::RegisterRequest{});
  auto seen = realm.recorder.take_all();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].event.kind == Kind::answered);
  CHECK(seen[0].event.request == wire::MessageType::register_request);
  CHECK(seen[0].event.error == wire::ErrorCode::registration_denied);
  CHECK(seen[0].cause == "policy");

  const ClientId client = realm.enroll(x1);
  seen = realm.recorder.take_all();
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].event.request == wire::MessageType::register_request);
  CHECK(!seen[1].event.error);

  realm.refused(x1, free_request(client, BindId{9}));
  seen = realm.recorder.take_all();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].event.error == wire::ErrorCode::bad_bind_id);
  CHECK(seen[0].event.bind == BindId{9});
  CHECK(seen[0].cause.empty());

  // What is no request is counted as refused; a datagram that is answered from memory is not served again.
  const std::vector<std::uint8_t> garbage{0xff, 0xff};
  realm.gateway->handle({x1, 1234, na, Transport::udp}, garbage, realm.now);
  seen = realm.recorder.take_all();
  REQUIRE(seen.size() == 1);
  CHECK(!seen[0].event.request);
  CHECK(seen[0].event.error);
  wire::QueryRequest query;
  query.client = client;
  query.counter = Counter{1};
  for (int i = 0; i < 2; ++i) realm.gateway->handle({x1, 1234, na, Transport::udp}, wire::encode(query), realm.now);
  CHECK(realm.recorder.take_all().size() == 1);
}

TEST_CASE("gateway: observers are told nothing that the kernel has refused") {
  Watched realm;
  const ClientId client = realm.enroll(x1);
  realm.recorder.take();
  realm.kernel.fail_commits = true;
  realm.refused(x1, rsap(client, wire::AnyPorts{4}));
  const auto seen = realm.recorder.take();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].event.kind == Kind::answered);
  CHECK(seen[0].event.error == wire::ErrorCode::internal_server_error);
}

TEST_CASE("gateway: observers are told of IKE cookies") {
  Watched realm;
  const auto device = [&](Ipv4 host, ClientId client) {
    realm.ask<wire::AssignResponseRsipsec>(host, rsipsec(client, wire::NoPorts{}, wire::AnySpis{1}));
    return realm.kernel.last_index;
  };
  const std::uint32_t first = device(x1, realm.enroll(x1));
  const std::uint32_t second = device(x2, realm.enroll(x2));
  realm.recorder.take();
  realm.gateway->judge_ike(first, ike(nb, 0xaa), realm.now);
  realm.gateway->judge_ike(second, ike(nb, 0xaa), realm.now);
  const auto seen = realm.recorder.take();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].event.kind == Kind::ike_learned);
  CHECK(seen[0].event.host == x1);
  CHECK(seen[1].event.kind == Kind::cookie_in_use);
  CHECK(seen[1].event.host == x2);
  CHECK(seen[1].event.address == nb);
}

}  // namespace gateway_observer_test
