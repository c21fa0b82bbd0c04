// SPDX-License-Identifier: GPL-2.0-or-later
// What policing stops is logged for rsipd, a little of each host.
#include "steer/log.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <cerrno>
#include <map>

#include "realm.hpp"
#include "ruleset_view.hpp"
#include "skip.hpp"
#include "steer/ruleset.hpp"

namespace log_test {

using namespace rsip;
using namespace rsip::test;

namespace {

constexpr Header from_host{gateway_public, y_public};
constexpr std::size_t burst = 10;  // of the rules' limit

struct Logged {
  std::uint32_t in_ifindex = 0;
  Packet payload;
};

steer::Log open_log(const Realm& realm) {
  const Inside inside(realm.gateway);
  Result<steer::Log> log = steer::Log::open(log_group);
  REQUIRE_MESSAGE(log, log.error().text());
  return std::move(*log);
}

/// All that is logged until nothing has come for a while.
std::vector<Logged> read_all(steer::Log& log) {
  std::vector<Logged> all;
  pollfd wait{log.fd(), POLLIN, 0};
  while (::poll(&wait, 1, 200) == 1) {
    REQUIRE(log.read([&](const steer::LoggedPacket& packet) {
      all.push_back({packet.in_ifindex, {packet.payload.begin(), packet.payload.end()}});
    }));
  }
  return all;
}

Packet first_bytes(const Packet& packet) {
  return {packet.begin(), packet.begin() + std::min<std::ptrdiff_t>(std::ssize(packet), steer::Log::copied)};
}

}  // namespace

TEST_CASE("log: a packet that policing stops is logged with its tunnel and its first bytes") {
  Realm realm;
  realm.lease_to_hosts();
  steer::Log log = open_log(realm);
  const std::vector<Packet> packets = {udp(from_host, x1_port, 53, 1000), esp(from_host, 0xc0000001),
                                       icmp_echo({x2_private, y_public}), udp(from_host, 500, 4000)};
  for (const Packet& packet : packets) {
    realm.x2->send(packet);
    const std::vector<Logged> logged = read_all(log);
    REQUIRE(logged.size() == 1);
    CHECK(logged[0].in_ifindex == realm.rsip2.index);
    CHECK(logged[0].payload == first_bytes(packet));
  }
  realm.x2->send(udp(from_host, x2_port, 53));  // its own port
  CHECK(read_all(log).empty());
}

TEST_CASE("log: a share of each host, and every packet in the counters") {
  Realm realm;
  realm.lease_to_hosts();
  steer::Log log = open_log(realm);
  constexpr std::size_t flood = 500;
  for (std::size_t i = 0; i < flood; ++i) realm.x1->send(udp(from_host, x2_port, 53));
  realm.x2->send(udp(from_host, x1_port, 53));
  std::map<std::uint32_t, std::size_t> logged;
  for (const Logged& each : read_all(log)) ++logged[each.in_ifindex];
  CHECK(logged[realm.rsip1.index] >= burst);
  CHECK(logged[realm.rsip1.index] < 3 * burst);  // the flood takes some time
  CHECK(logged[realm.rsip2.index] == 1);
  CHECK(realm.counter("denied_port") == flood + 1);
  CHECK(realm.y->silent());
}

TEST_CASE("log: what comes outside a tunnel is nobody's to be told") {
  Realm realm;
  realm.lease_to_hosts();
  steer::Log log = open_log(realm);
  realm.x3->send(udp(from_host, x1_port, 53));
  CHECK(read_all(log).empty());
  CHECK(realm.counter("denied_untunnelled") == 1);
}

TEST_CASE("log: the kernel refuses a tunnel that it does not have") {
  Realm realm;
  realm.lease_to_hosts();
  steer::Log log = open_log(realm);
  const Packet inner = udp(from_host, x2_port, 53);
  const Packet outer = ipip({x3_private, gateway_private}, inner);
  realm.x3->send(outer);
  const std::vector<Logged> logged = read_all(log);
  REQUIRE(logged.size() == 1);
  CHECK(logged[0].in_ifindex == 0);
  constexpr std::ptrdiff_t headers = 20 + 8;  // of the ICMP error
  REQUIRE(logged[0].payload.size() > headers);
  CHECK(Packet(logged[0].payload.begin() + headers, logged[0].payload.end()) == outer);
}

TEST_CASE("log: nobody reads it, or another does") {
  Realm realm;
  realm.lease_to_hosts();
  realm.x2->send(udp(from_host, x1_port, 53));  // nobody: dropped all the same
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_port") == 1);
  steer::Log log = open_log(realm);
  const Inside inside(realm.gateway);
  const Result<steer::Log> second = steer::Log::open(log_group);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == EPERM);
  CHECK_FALSE(second.error().remedy.empty());
  REQUIRE(log.read([](const steer::LoggedPacket&) {}));  // does not block
}

TEST_CASE("log: what nft lists of the shares, nft can load") {
  Realm realm;
  realm.lease_to_hosts();
  realm.x2->send(udp(from_host, x1_port, 53));
  realm.x3->send(ipip({x3_private, gateway_private}, udp(from_host, x2_port, 53)));
  const Inside inside(realm.gateway);
  const std::string listed = ruleset_text();
  CHECK(listed.find("\"rsip2\" limit rate 5/second burst 10 packets") != std::string::npos);
  CHECK(listed.find("10.0.0.13 limit rate 5/second burst 10 packets") != std::string::npos);
  CHECK(steer::load("flush ruleset\n" + listed));
}

}  // namespace log_test
