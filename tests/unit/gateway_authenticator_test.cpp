// SPDX-License-Identifier: GPL-2.0-or-later
// Who is let in where hosts have keys.
#include <doctest/doctest.h>

#include "auth/host_end.hpp"
#include "gateway/authenticator.hpp"
#include "gateway/gateway.hpp"
#include "hex.hpp"
#include "memory_kernel.hpp"
#include "wire/codec.hpp"

namespace gateway_authenticator_test {

using namespace rsip;
using namespace rsip::gateway;
using namespace std::chrono_literals;
using Verdict = Authenticator::Verdict;

namespace {

constexpr Ipv4 na{0x0a000001};
constexpr Ipv4 x1{0x0a00000b};
constexpr Ipv4 x2{0x0a00000c};
constexpr Ipv4 y1{0x0b000001};  ///< a host without a key

auth::Key key() {
  return *auth::parse_key("the hosts' own secret");
}

auth::KeyTable keys() {
  auth::KeyTable table;
  table.add(*parse_prefix("10.0.0.0/8"), key());
  return table;
}

wire::RegisterRequest register_request(std::uint32_t counter) {
  wire::RegisterRequest request;
  request.counter = Counter{counter};
  return request;
}

/// An authenticator with a clock that the test sets.
struct Door {
  Verdict check(Ipv4 host, const Bytes& message) { return authenticator.check({host, na}, message).verdict; }
  Bytes sealed(Ipv4 host, auth::Stamp stamp) const {
    return auth::seal(wire::encode(register_request(1)), auth::Kind::request, {host, na}, stamp, key());
  }

  auth::Stamp now{1'795'000'000s};
  Authenticator authenticator{keys(), 2, [this] { return now; }};
};

/// A gateway that asks for authentication.
struct Realm {
  Realm() {
    lease::Config config;
    config.pool = {Ipv4{0xc6336401}};
    gateway.emplace(
        Policy{}, config, [this](std::uint32_t bound) { return ++last_random % bound; }, kernel);
    gateway->set_authenticator(Authenticator(keys(), 100, [this] { return clock; }));
  }
  std::optional<Bytes> ask(const Peer& peer, const Bytes& message) { return gateway->handle(peer, message, {}); }

  test::MemoryKernel kernel;
  std::uint32_t last_random = 0;
  auth::Stamp clock{1'795'000'000s};
  std::optional<Gateway> gateway;
};

constexpr Peer tcp{x1, 1234, na, Transport::tcp};
constexpr Peer udp{x1, 1234, na, Transport::udp};

std::string_view error_of(const std::optional<Bytes>& reply) {
  if (!reply) return "no answer";
  const auto decoded = wire::decode(*reply);
  const auto* error = decoded ? std::get_if<wire::ErrorResponse>(&*decoded) : nullptr;
  return error == nullptr ? "no error" : wire::name(error->error);
}

}  // namespace

TEST_CASE("authenticator: hosts without a key need no proof") {
  Door door;
  CHECK(door.check(y1, wire::encode(register_request(1))) == Verdict::not_required);
  CHECK(Authenticator().check({x1, na}, {}).verdict == Verdict::not_required);
}

TEST_CASE("authenticator: stamps must rise") {
  Door door;
  CHECK(door.check(x1, wire::encode(register_request(1))) == Verdict::no_proof);
  CHECK(door.check(x1, door.sealed(x2, door.now)) == Verdict::no_proof);
  CHECK(door.check(x1, door.sealed(x1, door.now)) == Verdict::fresh);
  CHECK(door.check(x1, door.sealed(x1, door.now)) == Verdict::repeated);
  CHECK(door.check(x1, door.sealed(x1, door.now - 1us)) == Verdict::replayed);
  CHECK(door.check(x1, door.sealed(x1, door.now + 1us)) == Verdict::fresh);
  CHECK(door.check(x1, door.sealed(x1, door.now)) == Verdict::replayed);
  CHECK(door.check(x2, door.sealed(x2, door.now)) == Verdict::fresh);
}

TEST_CASE("authenticator: another message with the last stamp is no retransmission") {
  Door door;
  CHECK(door.check(x1, door.sealed(x1, door.now)) == Verdict::fresh);
  const Bytes other = auth::seal(wire::encode(register_request(2)), auth::Kind::request, {x1, na}, door.now, key());
  CHECK(door.check(x1, other) == Verdict::replayed);
}

TEST_CASE("authenticator: stamps must be near the gateway's clock, both ways") {
  Door door;
  CHECK(door.check(x1, door.sealed(x1, door.now - auth::window - 1us)) == Verdict::untimely);
  CHECK(door.check(x1, door.sealed(x1, door.now + auth::window + 1us)) == Verdict::untimely);
  CHECK(door.check(x1, door.sealed(x1, auth::Stamp::max())) == Verdict::untimely);
  CHECK(door.check(x1, door.sealed(x1, door.now - auth::window)) == Verdict::fresh);
  CHECK(door.check(x1, door.sealed(x1, door.now + auth::window)) == Verdict::fresh);
}

TEST_CASE("authenticator: a host is forgotten when all it sent is too old, and not before") {
  Door door;
  constexpr Ipv4 x3{0x0a00000d};
  const Bytes recorded = door.sealed(x1, door.now);
  CHECK(door.check(x1, recorded) == Verdict::fresh);
  CHECK(door.check(x2, door.sealed(x2, door.now)) == Verdict::fresh);
  door.now += auth::window;
  CHECK(door.check(x3, door.sealed(x3, door.now)) == Verdict::overload);
  CHECK(door.check(x1, door.sealed(x1, door.now)) == Verdict::fresh);  // known hosts are served on
  CHECK(door.check(x3, door.sealed(x3, door.now)) == Verdict::overload);
  door.now += 1us;
  CHECK(door.check(x3, door.sealed(x3, door.now)) == Verdict::fresh);  // in the place of x2
  CHECK(door.check(x1, recorded) != Verdict::fresh);
  door.now += 2 * auth::window;
  CHECK(door.check(x2, door.sealed(x2, door.now)) == Verdict::fresh);  // in the place of x1
  CHECK(door.check(x1, recorded) == Verdict::untimely);
}

TEST_CASE("authenticator: notices have rising stamps, and only hosts with a key get them sealed") {
  Door door;
  const Bytes plain = wire::encode(wire::FreeResponse{});
  const auto stamp = [&] {
    return auth::verify(door.authenticator.seal_notice({x1, na}, plain), auth::Kind::notice, {x1, na}, key());
  };
  CHECK(stamp() == door.now);
  CHECK(stamp() == door.now + 1us);
  CHECK(door.authenticator.seal_notice({y1, na}, plain) == plain);
}

TEST_CASE("gateway with keys: a host that proves itself is answered with proof") {
  Realm realm;
  auth::HostEnd host(key(), {x1, na});
  for (const Peer& peer : {tcp, udp}) {
    const auto reply = realm.ask(peer, host.seal_request(wire::encode(register_request(1)), realm.clock));
    REQUIRE(reply);
    CHECK(host.accepts(*reply, realm.clock));
  }
}

TEST_CASE("gateway with keys: without proof, REGISTRATION_DENIED whatever the message") {
  Realm realm;
  wire::QueryRequest query;
  query.counter = Counter{7};
  const auto reply = realm.ask(udp, wire::encode(query));
  CHECK(error_of(reply) == "REGISTRATION_DENIED");
  CHECK(std::get<wire::ErrorResponse>(*wire::decode(*reply)).counter == Counter{7});
  CHECK(error_of(realm.ask(tcp, wire::encode(register_request(1)))) == "REGISTRATION_DENIED");
  CHECK(error_of(realm.ask(tcp, {0x01, 0x02, 0x03})) == "REGISTRATION_DENIED");
  // Two gateways must not answer each other for ever.
  CHECK(error_of(realm.ask(tcp, wire::encode(wire::ErrorResponse{}))) == "no answer");
  const Peer without_key{y1, 1234, na, Transport::tcp};
  CHECK(error_of(realm.ask(without_key, wire::encode(register_request(1)))) == "no error");
}

TEST_CASE("gateway with keys: over UDP the last message again gets the last answer again") {
  Realm realm;
  auth::HostEnd host(key(), {x1, na});
  const Bytes request = host.seal_request(wire::encode(register_request(1)), realm.clock);
  const auto first = realm.ask(udp, request);
  CHECK(error_of(first) == "no error");
  CHECK(realm.ask(udp, request) == first);
  const auto with_new_stamp = realm.ask(udp, host.seal_request(wire::encode(register_request(1)), realm.clock));
  CHECK(error_of(with_new_stamp) == "no error");
  CHECK(with_new_stamp != first);
  CHECK(error_of(realm.ask(udp, request)) == "REGISTRATION_DENIED");
}

TEST_CASE("gateway with keys: a recorded message is served nowhere else") {
  Realm realm;
  auth::HostEnd host(key(), {x1, na});
  const Bytes request = host.seal_request(wire::encode(register_request(1)), realm.clock);
  CHECK(error_of(realm.ask(udp, request)) == "no error");
  CHECK(error_of(realm.ask({x1, 4321, na, Transport::udp}, request)) == "no answer");
  CHECK(error_of(realm.ask(tcp, request)) == "REGISTRATION_DENIED");
  CHECK(error_of(realm.ask({x2, 1234, na, Transport::udp}, request)) == "REGISTRATION_DENIED");
  CHECK(error_of(realm.ask({x1, 1234, Ipv4{0x0a000002}, Transport::udp}, request)) == "REGISTRATION_DENIED");
}

}  // namespace gateway_authenticator_test
