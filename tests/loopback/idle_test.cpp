// SPDX-License-Identifier: GPL-2.0-or-later
// Connections on which nothing happens: how many, and for how long.
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "hosts.hpp"
#include "realm.hpp"

namespace idle_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

TEST_CASE("10,000 idle connections of one host: 8 are kept, and others are served") {
  Realm realm;
  std::vector<std::unique_ptr<Stream>> idle;
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    idle.push_back(std::make_unique<Stream>(address(11)));
    if (idle.size() > 300) idle.erase(idle.begin(), idle.begin() + 200);  // of those that the server has closed
    if (i % 1000 == 0) most = std::max(most, realm.connections());
  }
  CHECK(eventually([&] { return realm.connections() == 8; }));
  CHECK(most <= 8);
  CHECK(idle.front()->closed());
  Stream other(address(12));
  CHECK_NOTHROW(other.ask<wire::RegisterResponse>(wire::RegisterRequest{}));
  CHECK_NOTHROW(idle.back()->ask<wire::RegisterResponse>(wire::RegisterRequest{}));
}

TEST_CASE("connections of all hosts are bounded: further ones are closed") {
  server::Limits limits;
  limits.max_connections = 3;
  Realm realm(limits);
  std::vector<std::unique_ptr<Stream>> open;
  for (std::uint8_t host = 11; host < 14; ++host) open.push_back(std::make_unique<Stream>(address(host)));
  CHECK(eventually([&] { return realm.connections() == 3; }));
  CHECK(Stream(address(14)).closed());
  open.erase(open.begin());
  CHECK(eventually([&] { return realm.connections() == 2; }));
  Stream again(address(14));
  CHECK_NOTHROW(again.ask<wire::RegisterResponse>(wire::RegisterRequest{}));
}

TEST_CASE("hosts that may not register share the connections of one host") {
  gateway::Policy policy;
  policy.deny = {{Ipv4{address(64).value}, 26}};
  Realm realm({}, policy);
  std::vector<std::unique_ptr<Stream>> denied;
  for (std::uint8_t host = 64; host < 94; ++host) denied.push_back(std::make_unique<Stream>(address(host)));
  Stream allowed(address(11));
  CHECK_NOTHROW(allowed.ask<wire::RegisterResponse>(wire::RegisterRequest{}));
  CHECK(realm.connections() == 9);
  CHECK(denied.front()->closed());
  CHECK(denied.back()->ask<wire::ErrorResponse>(wire::RegisterRequest{}).error == wire::ErrorCode::registration_denied);
}

TEST_CASE("a silent connection is closed: soon where its host is not registered, else after the idle timeout") {
  server::Limits limits;
  limits.unregistered_idle_timeout = 200ms;
  limits.idle_timeout = 1s;
  Realm realm(limits);
  Stream registered(address(11));
  const auto start = std::chrono::steady_clock::now();
  (void)registered.ask<wire::RegisterResponse>(wire::RegisterRequest{});
  Stream unregistered(address(12));
  CHECK(unregistered.closed());
  CHECK(std::chrono::steady_clock::now() - start >= 200ms);
  CHECK(realm.connections() == 1);
  CHECK(registered.closed());
  CHECK(std::chrono::steady_clock::now() - start >= 1s);
}

}  // namespace idle_test
