// SPDX-License-Identifier: GPL-2.0-or-later
// Requests that wait: for their turn, or for an answer that takes a while.
#include <doctest/doctest.h>

#include <vector>

#include "hosts.hpp"
#include "realm.hpp"

namespace turns_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

/// Keeps the replies to requests of host 11 until they are called for; others are answered at once.
struct Keeper {
  std::vector<server::Reply> kept;  // of the server's thread
  static Bytes answer() { return wire::encode(wire::ErrorResponse{}); }

  Realm::Handle handle() {
    return [this](const gateway::Peer& peer, std::span<const std::uint8_t>, server::Reply reply) {
      if (peer.host == address(11)) return kept.push_back(std::move(reply));
      reply(answer());
    };
  }
  std::size_t count(Realm& realm) {
    return realm.inside<std::size_t>([this](server::Server&) { return kept.size(); });
  }
  void release(Realm& realm) {
    (void)realm.inside<bool>([this](server::Server&) {
      for (const server::Reply& reply : std::exchange(kept, {})) reply(answer());
      return true;
    });
  }
};

}  // namespace

TEST_CASE("an answer that takes a while delays no other host, and a retransmission is not asked twice") {
  Keeper keeper;
  Realm realm({}, {}, keeper.handle());
  Datagrams waiting(address(11));
  waiting.send(register_request(1));
  CHECK(eventually([&] { return keeper.count(realm) == 1; }));
  for (int i = 0; i < 5; ++i) waiting.send(register_request(1));
  waiting.send(register_request(2));

  Datagrams other(address(12));
  other.send(register_request());
  CHECK(other.receive());
  Stream third(address(13));
  third.send(register_request());
  CHECK(third.receive());
  CHECK(keeper.count(realm) == 1);  // the host's second request waits for the first

  keeper.release(realm);
  CHECK(waiting.receive());
  CHECK(eventually([&] { return keeper.count(realm) == 1; }));
  keeper.release(realm);
  CHECK(waiting.receive());
  CHECK_FALSE(waiting.receive(50ms));
}

TEST_CASE("a connection that is gone when its answer comes harms nobody") {
  Keeper keeper;
  Realm realm({}, {}, keeper.handle());
  for (int i = 0; i < 30; ++i) {
    Stream leaving(address(11));
    leaving.send(register_request());
  }
  CHECK(eventually([&] { return keeper.count(realm) == 1; }));
  std::size_t asked = 0;
  while (keeper.count(realm) > 0) {
    ++asked;
    keeper.release(realm);
  }
  CHECK(asked <= 16);  // no more than were open at a time, and wait
  Stream other(address(12));
  other.send(register_request());
  CHECK(other.receive());
}

TEST_CASE("above the rate: datagrams are dropped, a connection is slowed down") {
  server::Limits limits;
  limits.rate = 10;
  Realm realm(limits);
  Datagrams fast(address(11));
  for (std::uint32_t i = 1; i <= 25; ++i) {
    fast.send(register_request(i));
    if (i <= 20) CHECK(fast.receive());
  }
  CHECK_FALSE(fast.receive(50ms));

  Stream stream(address(12));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 25; ++i) {
    stream.send(register_request());
    CHECK(stream.receive());
  }
  CHECK(std::chrono::steady_clock::now() - start >= 400ms);
}

}  // namespace turns_test
