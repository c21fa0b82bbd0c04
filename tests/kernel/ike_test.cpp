// SPDX-License-Identifier: GPL-2.0-or-later
// IKE on the ports that hosts share: what leads it to a host, in which order, and who may send it.
#include <doctest/doctest.h>

#include <algorithm>

#include "realm.hpp"
#include "skip.hpp"

namespace ike_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

constexpr Header from_y{y_public, gateway_public};
constexpr Header from_host{gateway_public, y_public};
constexpr steer::Owner one{ClientId{1}, BindId{1}, {}};
constexpr steer::Owner two{ClientId{2}, BindId{1}, {}};
constexpr CookiePrefix prefix{0xbeef0000, 16};
constexpr std::uint64_t with_prefix = 0xbeef000000000007;
constexpr std::uint64_t unknown = 0x7777777777777777;

void put(Packet& packet, std::size_t place, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) packet.at(place + i) = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}

/// IKE on port 500, or on 4500 behind four zero bytes.
Packet ike_on(const Header& header, std::uint16_t port, std::uint64_t initiator, std::uint64_t responder = 0) {
  Packet packet = udp(header, port, port, 64);
  const std::size_t start = port == 4500 ? 32 : 28;
  std::fill(packet.begin() + 28, packet.end(), 0);
  put(packet, start, initiator);
  put(packet, start + 8, responder);
  return packet;
}

Packet esp_in_udp(const Header& header, std::uint32_t spi) {
  Packet packet = ike_on(header, 4500, 0);
  put(packet, 28, std::uint64_t{spi} << 32);
  return packet;
}

void give(Realm& realm, const steer::Elements& elements) {
  steer::Transaction lease;
  lease.add(elements);
  realm.commit(lease);
}

void check_reaches(Realm& realm, const Endpoint& host, const Packet& packet) {
  realm.y->send(packet);
  CHECK(host.receive() == forwarded(packet));
}

void check_reaches_nobody(Realm& realm, const Packet& packet) {
  const std::uint64_t before = realm.counter("unknown_cookie");
  realm.y->send(packet);
  CHECK(realm.x1->silent());
  CHECK(realm.x2->silent());
  CHECK(realm.counter("unknown_cookie") == before + 1);
}

}  // namespace

TEST_CASE("IKE: on port 4500 by the same cookie, and ESP in UDP by its SPI") {
  Realm realm;
  realm.lease_to_hosts();
  check_reaches(realm, *realm.x1, ike_on(from_y, 4500, x1_cookie));
  check_reaches(realm, *realm.x1, esp_in_udp(from_y, x1_spi));
  check_reaches(realm, *realm.x2, esp_in_udp(from_y, x2_spi));
  check_reaches_nobody(realm, ike_on(from_y, 4500, unknown));
  realm.remove_fast_path();
  check_reaches(realm, *realm.x1, ike_on(from_y, 4500, x1_cookie));
  check_reaches(realm, *realm.x1, esp_in_udp(from_y, x1_spi));

  for (const Packet& sent :
       {ike_on(from_host, 4500, x1_cookie), esp_in_udp(from_host, 0xc0ffee01), udp(from_host, 4500, 4500, 1)}) {
    realm.x1->send(sent);
    CHECK(realm.y->receive() == forwarded(sent));
    realm.x2->send(sent);  // it has no IPsec lease
    CHECK(realm.y->silent());
  }
}

TEST_CASE("IKE: by a prefix of either cookie, on both ports, and no other host may send it") {
  Realm realm;
  realm.lease_to_hosts();
  give(realm, steer::prefix_elements(realm.rsip2, gateway_public, prefix, two, 1h));
  for (const std::uint16_t port : {std::uint16_t{500}, std::uint16_t{4500}}) {
    check_reaches(realm, *realm.x2, ike_on(from_y, port, with_prefix));
    check_reaches(realm, *realm.x2, ike_on(from_y, port, unknown, with_prefix));
    check_reaches(realm, *realm.x1, ike_on(from_y, port, x1_cookie, with_prefix));  // a whole cookie comes first
    check_reaches_nobody(realm, ike_on(from_y, port, unknown, unknown));
    for (const Packet& sent : {ike_on(from_host, port, with_prefix), ike_on(from_host, port, unknown, with_prefix)}) {
      realm.x2->send(sent);
      CHECK(realm.y->receive() == forwarded(sent));
    }
  }
  CHECK(realm.counter("queued_cookie") == 0);

  SUBCASE("for one remote") {
    steer::Transaction narrowed;
    narrowed.remove(steer::prefix_elements(realm.rsip2, gateway_public, prefix, two, 1h));
    narrowed.add(steer::prefix_elements(realm.rsip2, gateway_public, prefix, two, 1h, Remote{y_public, {}}));
    realm.commit(narrowed);
    check_reaches(realm, *realm.x2, ike_on(from_y, 500, with_prefix));
    check_reaches_nobody(realm, ike_on({{y_public.value + 1}, gateway_public}, 500, with_prefix));
  }
}

TEST_CASE("IKE: to the only host, then to the one that listens for the peer, then to the one that listens for all") {
  Realm realm;
  realm.lease_to_hosts();
  const Packet started = ike_on(from_y, 500, unknown);
  const Packet by_another = ike_on({{y_public.value + 1}, gateway_public}, 500, unknown);
  check_reaches_nobody(realm, started);
  give(realm, steer::listener_elements(realm.rsip2, gateway_public, std::nullopt, two, 1h));
  check_reaches(realm, *realm.x2, started);
  check_reaches(realm, *realm.x2, by_another);
  give(realm, steer::listener_elements(realm.rsip1, gateway_public, y_public, one, 1h));
  check_reaches(realm, *realm.x1, started);
  check_reaches(realm, *realm.x1, ike_on(from_y, 4500, unknown));
  check_reaches(realm, *realm.x2, by_another);
  const steer::Elements sole = steer::sole_elements(realm.rsip2, gateway_public, y_public, two, 1h);
  give(realm, sole);
  check_reaches(realm, *realm.x2, started);
  check_reaches(realm, *realm.x1, ike_on(from_y, 500, x1_cookie));
}

TEST_CASE("IKE: with a peer of the gateway's own, hosts have none from the shared ports") {
  Realm realm;
  realm.lease_to_hosts();
  realm.x1->send(ike_on({gateway_public, own_ike_peer}, 500, x1_cookie));
  CHECK(realm.y->silent());
  realm.y->send(
      {ike_on({own_ike_peer, gateway_public}, 500, x1_cookie), esp_in_udp({own_ike_peer, gateway_public}, x1_spi)});
  CHECK(realm.x1->silent());
  CHECK(realm.counter("denied_ipsec") == 1);
  CHECK(realm.counter("unknown_cookie") == 0);
}

TEST_CASE("IKE: new cookies in a flood are stopped before the queue, each host's by itself") {
  Realm realm;
  realm.lease_to_hosts();
  give(realm, steer::ipsec_elements(realm.rsip2, gateway_public, two, 1h));
  std::vector<Packet> flood;
  for (std::uint64_t cookie = 1; cookie <= 500; ++cookie) flood.push_back(ike_on(from_host, 500, cookie << 32));
  realm.x1->send(flood);
  CHECK(realm.y->silent());
  const std::uint64_t queued = realm.counter("queued_cookie");
  CHECK(queued + realm.counter("denied_cookie_rate") == flood.size());
  CHECK(queued < 100);
  realm.x2->send(ike_on(from_host, 500, unknown));
  CHECK(realm.y->silent());
  CHECK(realm.counter("queued_cookie") == queued + 1);
}

TEST_CASE("IKE: the kernel counts what a cookie is used for") {
  Realm realm;
  realm.lease_to_hosts();
  const steer::Elements all = steer::cookie_elements(realm.rsip1, gateway_public, Cookie{x1_cookie}, y_public, one, 1h);
  const auto counted = std::ranges::find_if(all, [](const steer::Element& element) { return !element.device; });
  REQUIRE(counted != all.end());
  CHECK(realm.packets(*counted) == 0);
  realm.x1->send({ike_on(from_host, 500, x1_cookie), ike_on(from_host, 4500, x1_cookie)});
  CHECK_FALSE(realm.y->receive().empty());
  CHECK_FALSE(realm.y->receive().empty());
  CHECK(realm.packets(*counted) == 2);
  const auto absent = steer::cookie_elements(realm.rsip1, gateway_public, Cookie{unknown}, y_public, one, 1h).back();
  CHECK_FALSE(realm.packets(absent));
}

}  // namespace ike_test
