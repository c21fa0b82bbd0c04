// SPDX-License-Identifier: GPL-2.0-or-later
// What the fast path must leave alone: fragments, packets that do not fit, an expiring TTL, ICMP errors.
#include <doctest/doctest.h>

#include "realm.hpp"
#include "ruleset_view.hpp"
#include "steer/ruleset.hpp"

namespace slow_path_test {

using namespace rsip::test;

namespace {

constexpr Header from_y{y_public, gateway_public};
constexpr Header from_x{gateway_public, y_public};

std::vector<std::uint8_t> payload(const Packet& packet) {
  return {packet.begin() + 20, packet.end()};
}

}  // namespace

// RFC 3102 section 3.1: the gateway MUST reassemble, for only the first fragment has the port.
TEST_CASE("slow path: fragments are steered, in any order") {
  Realm realm;
  realm.lease_to_hosts();
  const Packet whole = udp(from_y, 53, x1_port, 4000);
  std::vector<Packet> pieces = fragments(whole, 1500);
  REQUIRE(pieces.size() == 3);
  std::swap(pieces.front(), pieces.back());
  realm.y->send(pieces);
  CHECK(joined_payload(realm.x1->receive_pieces()) == payload(whole));

  const Packet sealed = esp({y_public, gateway_public, 64, false, 4712}, x2_spi, 3000);
  realm.y->send(fragments(sealed, 1500));
  CHECK(joined_payload(realm.x2->receive_pieces()) == payload(sealed));

  // IKEv1 sends its certificates this way.
  const Packet certificates = ike({y_public, gateway_public, 64, false, 4713}, x1_cookie, 2000);
  realm.y->send(fragments(certificates, 1500));
  CHECK(joined_payload(realm.x1->receive_pieces()) == payload(certificates));
}

TEST_CASE("slow path: small fragments are steered as well") {
  Realm realm;
  realm.lease_to_hosts();
  const Packet whole = udp(from_y, 53, x1_port, 600);
  realm.y->send(fragments(whole, 300));
  CHECK(joined_payload(realm.x1->receive_pieces()) == payload(whole));
}

TEST_CASE("slow path: too big for the tunnel without DF is fragmented") {
  Realm realm;
  realm.lease_to_hosts();
  for (const std::size_t size : {tunnel_mtu + 1, 1500U}) {
    const Packet packet = udp(from_y, 53, x1_port, size - 28);
    realm.y->send(packet);
    const std::vector<Packet> pieces = realm.x1->receive_pieces();
    CHECK(pieces.size() == 2);
    CHECK(joined_payload(pieces) == payload(packet));
  }
}

TEST_CASE("slow path: too big for the tunnel with DF tells the sender the tunnel's MTU") {
  Realm realm;
  realm.lease_to_hosts();
  const Packet packet = esp({y_public, gateway_public, 64, true}, x1_spi, 1500 - 28);
  realm.y->send(packet);
  const Packet error = realm.y->receive();
  REQUIRE(error.size() > 48);
  CHECK(error[9] == 1);   // ICMP
  CHECK(error[20] == 3);  // destination unreachable
  CHECK(error[21] == 4);  // fragmentation needed
  CHECK((error[26] << 8 | error[27]) == tunnel_mtu);
  CHECK(realm.x1->silent());
}

TEST_CASE("slow path: a TTL that ends here is counted and goes no further") {
  Realm realm;
  realm.lease_to_hosts();
  const Header expiring{y_public, gateway_public, 1, false};
  realm.y->send({udp(expiring, 53, x1_port), tcp(expiring, 80, x1_port), esp(expiring, x1_spi), ah(expiring, x1_spi),
                 ike(expiring, x1_cookie)});
  CHECK(realm.x1->silent());
  CHECK(realm.y->silent());
  CHECK(realm.counter("ttl_expired") == 5);
}

// RFC 3102 section 6.2
TEST_CASE("slow path: an ICMP error goes to the host that sent the packet quoted in it") {
  Realm realm;
  realm.lease_to_hosts();
  const Header router{{0xcb007101}, gateway_public};  // 203.0.113.1, on the way to y
  for (const Packet& sent : {udp(from_x, x1_port, 53), tcp(from_x, x1_port, 80), ike(from_x, x1_cookie)}) {
    const Packet error = icmp_unreachable(router, sent);
    realm.y->send(error);
    Packet arrived = realm.x1->receive();
    REQUIRE(arrived.size() == error.size());
    CHECK(payload(arrived) == payload(error));
  }
  CHECK(realm.x2->silent());

  realm.y->send(icmp_unreachable(router, udp(from_x, x2_port, 53)));
  CHECK_FALSE(realm.x2->receive().empty());
  realm.y->send(icmp_unreachable(router, udp(from_x, 50000, 53)));
  CHECK(realm.x1->silent());
  CHECK(realm.x2->silent());
}

TEST_CASE("slow path: an ICMP error about ESP or AH finds the host that sent to that peer and SPI") {
  Realm realm;
  realm.lease_to_hosts();
  const Header router{{0xcb007101}, gateway_public};
  // The SPI of an outbound packet is the peer's choice: known only from the packets themselves.
  const Packet sealed = esp(from_x, 0xc0ffee01);
  const Packet signed_one = ah(from_x, 0xc0ffee02);
  realm.y->send(icmp_unreachable(router, sealed));
  CHECK(realm.x1->silent());
  for (const Packet& sent : {sealed, signed_one}) {
    realm.x1->send(sent);
    REQUIRE(realm.y->receive() == forwarded(sent));
    const Packet error = icmp_unreachable(router, sent);
    realm.y->send(error);
    CHECK(payload(realm.x1->receive()) == payload(error));
  }
  realm.y->send(icmp_unreachable(router, esp({gateway_public, {y_public.value + 1}}, 0xc0ffee01)));
  CHECK(realm.x1->silent());
}

TEST_CASE("slow path: the gateway's own ICMP errors reach the host too") {
  Realm realm;
  realm.lease_to_hosts();
  realm.x1->send(udp({gateway_public, y_public, 1, false}, x1_port, 53));
  const Packet error = realm.x1->receive();
  REQUIRE(error.size() > 28);
  CHECK(error[9] == 1);
  CHECK(error[20] == 11);  // time exceeded
  CHECK(realm.x2->silent());
}

TEST_CASE("slow path: traffic of the gateway itself is left as it is") {
  Realm realm;
  realm.lease_to_hosts();
  {
    const Inside inside(realm.gateway);
    REQUIRE(
        rsip::steer::load("table ip admin {\n"
                          " counter plain { }\n counter marked { }\n counter untracked { }\n counter ours { }\n"
                          " chain early {\n  type filter hook prerouting priority -310; policy accept;\n"
                          "  udp dport 5001 meta mark set 0x10001\n }\n"
                          " chain in {\n  type filter hook input priority 0; policy accept;\n"
                          "  udp dport 5000 meta mark 0 counter name plain\n"
                          "  udp dport 5001 meta mark 0x10001 counter name marked\n"
                          "  udp dport 5000 ct state untracked counter name untracked\n"
                          "  udp dport 500 counter name ours\n }\n}\n"));
  }
  realm.y->send({udp(from_y, 53, 5000), udp({y_public, gateway_public, 64, true}, 53, 5000), udp(from_y, 53, 5001),
                 ike({own_ike_peer, gateway_public}, 0x77), ike(from_y, 0x77)});
  realm.y->send(icmp_echo(from_y));
  const Packet port_unreachable = realm.y->receive();  // nobody listens on 5000: the gateway says so itself
  REQUIRE(port_unreachable.size() > 28);
  CHECK(port_unreachable[20] == 3);
  CHECK(realm.x1->silent());
  const Inside inside(realm.gateway);
  CHECK(counter_of("ip admin plain") == 2);
  CHECK(counter_of("ip admin marked") == 1);
  CHECK(counter_of("ip admin untracked") == 0);
  CHECK(counter_of("ip admin ours") == 1);
  CHECK(counter_of("ip rsip unknown_cookie") == 1);  // nobody's, and y is none whose IKE is the gateway's
}

}  // namespace slow_path_test
