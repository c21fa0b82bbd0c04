// SPDX-License-Identifier: GPL-2.0-or-later
// Messages that hosts did not ask for (RFC 3103 section 10.1).
#include <doctest/doctest.h>

#include "hosts.hpp"
#include "realm.hpp"

namespace unasked_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

Bytes goodbye(std::uint32_t client) {
  wire::DeregisterResponse response;
  response.counter = Counter{0};
  response.client = ClientId{client};
  return wire::encode(response);
}

void tell(Realm& realm, const gateway::Peer& to, const Bytes& message) {
  (void)realm.inside<bool>([&](server::Server& server) {
    server.send(to, message);
    return true;
  });
}

std::uint32_t client_in(const std::optional<wire::Message>& message) {
  return number(std::get<wire::DeregisterResponse>(message.value()).client);
}

gateway::Peer stream_of(Ipv4 host) {
  return {host, 1, address(1), gateway::Transport::tcp};
}

}  // namespace

TEST_CASE("unasked: over UDP to the host's port, from ours") {
  Realm realm;
  Datagrams host(address(11));  // connected: takes nothing from another address or port
  tell(realm, {address(11), host.port(), address(1), gateway::Transport::udp}, goodbye(5));
  CHECK(client_in(host.receive()) == 5);
}

TEST_CASE("unasked: over the connection that spoke last, else over any of the host's") {
  Realm realm;
  Stream first(address(11));
  Stream stranger(address(12));
  std::optional<Stream> second(std::in_place, address(11));
  CHECK(eventually([&] { return realm.connections() == 3; }));
  (void)second->ask<wire::RegisterResponse>(wire::RegisterRequest{});
  (void)first.ask<wire::ErrorResponse>(wire::RegisterRequest{});
  tell(realm, stream_of(address(11)), goodbye(1));
  CHECK(client_in(first.receive()) == 1);
  (void)second->ask<wire::ErrorResponse>(wire::RegisterRequest{});
  tell(realm, stream_of(address(11)), goodbye(2));
  CHECK(client_in(second->receive()) == 2);
  second.reset();
  CHECK(eventually([&] { return realm.connections() == 2; }));
  tell(realm, stream_of(address(11)), goodbye(3));
  CHECK(client_in(first.receive()) == 3);
  tell(realm, stream_of(address(13)), goodbye(4));  // has no connection: nothing to do
  (void)stranger.ask<wire::RegisterResponse>(wire::RegisterRequest{});
}

TEST_CASE("unasked: between answers, never within one") {
  Realm realm({}, {}, [](const gateway::Peer&, std::span<const std::uint8_t>, const server::Reply& reply) {
    wire::ErrorResponse large;
    large.vendor.resize(200, {.vendor = 1, .subtype = 2, .value = Bytes(300, 3)});
    reply(wire::encode(large));
  });
  Stream host(address(11));
  host.send(register_request());
  CHECK(eventually([&] { return realm.connections() == 1; }));
  int answers = 0;
  int unasked = 0;
  for (int i = 0; i < 50; ++i) {
    tell(realm, stream_of(address(11)), goodbye(7));
    host.send(register_request());
  }
  while (answers < 51 || unasked < 50) {
    const std::optional<wire::Message> message = host.receive();
    REQUIRE(message);
    ++(std::holds_alternative<wire::ErrorResponse>(*message) ? answers : unasked);
  }
  CHECK(answers == 51);
  CHECK(unasked == 50);
}

TEST_CASE("unasked: still leaves when the server takes no requests any more") {
  Realm realm;
  Stream host(address(11));
  Datagrams other(address(12));
  (void)host.ask<wire::RegisterResponse>(wire::RegisterRequest{});
  const bool sending = realm.inside<bool>([&](server::Server& server) {
    server.stop();
    server.send(stream_of(address(11)), goodbye(1));
    server.send({address(12), other.port(), address(1), gateway::Transport::udp}, goodbye(2));
    return server.sending();
  });
  CHECK(sending);
  CHECK(client_in(host.receive()) == 1);
  CHECK(client_in(other.receive()) == 2);
  CHECK(eventually([&] { return !realm.inside<bool>([](server::Server& server) { return server.sending(); }); }));
  other.send(register_request());
  CHECK_FALSE(other.receive(50ms));
}

}  // namespace unasked_test
