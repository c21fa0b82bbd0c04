// SPDX-License-Identifier: GPL-2.0-or-later
// Addresses that one host has as a whole (RSA-IP): all of it, in both directions, and nobody else.
#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include "realm.hpp"
#include "steer/ruleset.hpp"

namespace whole_address_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

constexpr Header to_x1{y_public, x1_whole};
constexpr Header from_x1{x1_whole, y_public};
const steer::Owner one{ClientId{1}, BindId{1}, x1_private};
const steer::Owner two{ClientId{2}, BindId{1}, x2_private};

void lease_addresses(Realm& realm) {
  steer::Transaction lease;
  lease.add(steer::address_elements(realm.rsip1, x1_whole, one, 1h));
  lease.add(steer::address_elements(realm.rsip2, x2_whole, two, 1h));
  realm.commit(lease);
}

/// Each protocol that the rules tell apart, and one that they do not know.
std::vector<Packet> of_every_kind(const Header& header) {
  return {udp(header, 53, 9),  udp(header, 4500, 4500),      tcp(header, 80, 9),
          ike(header, 0x1234), esp(header, x1_spi),          ah(header, x1_spi),
          icmp_echo(header),   ipip(header, esp(header, 1)), udp(header, 53, x2_port, tunnel_mtu - 28)};
}

void check_steering(Realm& realm) {
  for (const Packet& packet : of_every_kind(to_x1)) {
    realm.y->send(packet);
    CHECK(realm.x1->receive() == forwarded(packet));
  }
  for (const Packet& packet : of_every_kind({y_public, x2_whole})) {
    realm.y->send(packet);
    CHECK(realm.x2->receive() == forwarded(packet));
  }
  CHECK(realm.x1->silent());
  CHECK(realm.x2->silent());
}

}  // namespace

TEST_CASE("whole address: all that is sent to it reaches its host") {
  Realm realm;
  lease_addresses(realm);
  realm.lease_to_hosts();
  check_steering(realm);
}

TEST_CASE("whole address: the slow path alone does the same") {
  Realm realm;
  lease_addresses(realm);
  realm.lease_to_hosts();
  realm.remove_fast_path();
  check_steering(realm);
}

TEST_CASE("whole address: the fast path alone does the same") {
  Realm realm;
  lease_addresses(realm);
  {
    const Inside inside(realm.gateway);
    REQUIRE(steer::load("flush chain ip rsip steer\n"));
  }
  check_steering(realm);
}

TEST_CASE("whole address: fragments, big packets and those that end here") {
  Realm realm;
  lease_addresses(realm);
  for (const Packet& whole : {udp(to_x1, 53, 9, 3000), esp({y_public, x1_whole, 64, false, 4712}, 7, 3000)}) {
    realm.y->send(fragments(whole, 1500));
    CHECK(joined_payload(realm.x1->receive_pieces()) == Packet(whole.begin() + 20, whole.end()));
  }
  const Packet big = udp(to_x1, 53, 9, tunnel_mtu + 1 - 28);
  realm.y->send(big);
  CHECK(joined_payload(realm.x1->receive_pieces()) == Packet(big.begin() + 20, big.end()));
  const Header expiring{y_public, x1_whole, 1, false};
  realm.y->send({udp(expiring, 53, 9), tcp(expiring, 80, 9), icmp_echo(expiring)});
  CHECK(realm.x1->silent());
  CHECK(realm.counter("ttl_expired") == 3);
}

TEST_CASE("whole address: ICMP errors go by the address, whatever they quote") {
  Realm realm;
  lease_addresses(realm);
  const Header router{{0xcb007101}, x1_whole};
  for (const bool fast : {true, false}) {
    if (!fast) realm.remove_fast_path();
    for (const Packet& sent : of_every_kind(from_x1)) {
      const Packet error = icmp_unreachable(router, sent);
      realm.y->send(error);
      CHECK(realm.x1->receive() == forwarded(error));
    }
  }
  CHECK(realm.x2->silent());
}

TEST_CASE("whole address: its host sends what it likes, and it alone") {
  Realm realm;
  lease_addresses(realm);
  for (const Packet& packet : of_every_kind(from_x1)) {
    realm.x1->send(packet);
    CHECK(realm.y->receive() == forwarded(packet));
  }
  CHECK(realm.counter("queued_cookie") == 0);

  realm.x2->send(of_every_kind(from_x1));
  realm.x3->send(of_every_kind(from_x1));
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_port") == 4);      // UDP three times, TCP
  CHECK(realm.counter("denied_ipsec") == 3);     // IKE, ESP, AH
  CHECK(realm.counter("denied_protocol") == 2);  // ICMP, IP in IP
  CHECK(realm.counter("denied_untunnelled") == 9);
}

TEST_CASE("whole address: one host reaches the other's") {
  Realm realm;
  lease_addresses(realm);
  const Packet packet = icmp_echo({x1_whole, x2_whole});
  realm.x1->send(packet);
  CHECK(realm.x2->receive() == forwarded(packet));
}

TEST_CASE("whole address: while nobody leases it, what is sent to it ends here") {
  Realm realm;
  {
    const Inside inside(realm.gateway);
    add_route(x1_whole, 32, RTN_UNICAST, "rsip1");
  }
  realm.y->send(of_every_kind(to_x1));
  CHECK(realm.x1->silent());
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_inbound") == 9);
}

}  // namespace whole_address_test
