// SPDX-License-Identifier: GPL-2.0-or-later
// Hosts that send or take messages slowly, or send what is none.
#include <doctest/doctest.h>

#include <thread>

#include "hosts.hpp"
#include "realm.hpp"

namespace slow_host_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

server::Limits impatient() {
  server::Limits limits;
  limits.message_time = 300ms;
  return limits;
}

}  // namespace

TEST_CASE("a message that comes byte by byte is answered in time, and closes the connection after it") {
  Realm realm(impatient());
  const Bytes request = register_request();
  Stream slow(address(11));
  for (const std::uint8_t byte : request) {
    slow.send({byte});
    std::this_thread::sleep_for(5ms);
  }
  CHECK(slow.receive());

  const auto start = std::chrono::steady_clock::now();
  Stream slower(address(12));
  slower.send({request.at(0)});
  std::this_thread::sleep_for(100ms);
  slower.send({request.at(1)});
  CHECK(slower.closed());
  CHECK(std::chrono::steady_clock::now() - start >= 300ms);
}

TEST_CASE("half of a large message holds nobody else up") {
  Realm realm;
  Stream half(address(11));
  half.send({1, 2, 0xff, 0xff, 1, 2, 3});
  Stream other(address(11));
  CHECK_NOTHROW(other.ask<wire::RegisterResponse>(wire::RegisterRequest{}));
}

TEST_CASE("a message of the largest size is read whole") {
  Realm realm;
  Stream stream(address(11));
  Bytes large(65535, 0);
  large[0] = 1;
  large[1] = 2;
  large[2] = large[3] = 0xff;
  stream.send(large);
  CHECK(std::get<wire::ErrorResponse>(stream.receive().value()).error == wire::ErrorCode::bad_message);
  CHECK_NOTHROW(stream.ask<wire::RegisterResponse>(wire::RegisterRequest{}));
}

TEST_CASE("what is no message is answered, and ends the connection") {
  Realm realm;
  Stream stream(address(11));
  stream.send({1, 2, 0, 3});
  CHECK(std::get<wire::ErrorResponse>(stream.receive().value()).error == wire::ErrorCode::bad_message);
  CHECK(stream.closed());
}

TEST_CASE("a host that takes nothing is cut off, and what waits for it is bounded") {
  Realm realm(impatient());
  Stream deaf(address(11));
  (void)deaf.ask<wire::RegisterResponse>(wire::RegisterRequest{});
  const auto fill = [](server::Server& server) {
    for (int i = 0; i < 1000; ++i) server.send({address(11), 1, {}, gateway::Transport::tcp}, Bytes(60000, 1));
    return server.sending();
  };
  CHECK(realm.inside<bool>(fill));
  // The kernel takes some megabytes for the host; then the time runs.
  CHECK(eventually([&] {
    (void)realm.inside<bool>(fill);
    return realm.connections() == 0;
  }));
}

}  // namespace slow_host_test
