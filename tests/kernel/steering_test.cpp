// SPDX-License-Identifier: GPL-2.0-or-later
// The fast path, and the slow path standing in for it: whole packets from y to the hosts.
#include <doctest/doctest.h>

#include "realm.hpp"
#include "skip.hpp"
#include "steer/ruleset.hpp"

namespace steering_test {

using namespace rsip::test;

namespace {

constexpr Header from_y{y_public, gateway_public};

/// Every packet reaches the host it belongs to, unchanged but for its TTL, and nobody else.
void check_steering(Realm& realm) {
  const Packet for_x1[] = {
      udp(from_y, 53, x1_port),
      tcp(from_y, 80, x1_port),
      esp(from_y, x1_spi),
      ah(from_y, x1_spi),
      ike(from_y, x1_cookie),
      udp({y_public, gateway_public, 64, true}, 53, x1_port),
      udp({y_public, gateway_public, 2, false}, 53, x1_port),
      udp(from_y, 53, x1_port, realm.mtu - 28),
  };
  for (const Packet& packet : for_x1) {
    realm.y->send(packet);
    CHECK(realm.x1->receive() == forwarded(packet));
  }
  const Packet for_x2[] = {udp(from_y, 53, x2_port), tcp(from_y, 80, x2_port), esp(from_y, x2_spi), ah(from_y, x2_spi)};
  for (const Packet& packet : for_x2) {
    realm.y->send(packet);
    CHECK(realm.x2->receive() == forwarded(packet));
  }
  CHECK(realm.x1->silent());
  CHECK(realm.x2->silent());
}

/// What nobody leases goes to no host.
void check_strays(Realm& realm) {
  realm.y->send({udp(from_y, 53, 40002), esp(from_y, 0x10000011), ah(from_y, 0x10000011), ike(from_y, 0x2222),
                 udp({y_public, {gateway_public.value + 5}}, 53, x1_port)});
  CHECK(realm.x1->silent());
  CHECK(realm.x2->silent());
}

}  // namespace

TEST_CASE("steering: by port, SPI and initiator cookie") {
  Realm realm;
  realm.lease_to_hosts();
  check_steering(realm);
  check_strays(realm);
}

TEST_CASE("steering: the slow path alone does the same") {
  Realm realm;
  realm.lease_to_hosts();
  realm.remove_fast_path();
  check_steering(realm);
  check_strays(realm);
  CHECK(realm.counter("unknown_cookie") == 1);
}

TEST_CASE("steering: the fast path alone does the same") {
  Realm realm;
  realm.lease_to_hosts();
  {
    const Inside inside(realm.gateway);
    REQUIRE(rsip::steer::load("flush chain ip rsip steer\n"));
  }
  check_steering(realm);
}

// fwd and dup hand packets to the device as they are: it makes all the headers.
TEST_CASE("steering: through GRE tunnels as through IP-IP") {
  if (!kernel_has_gre()) return skip("steering: through GRE tunnels as through IP-IP", "no ip_gre");
  Realm realm(rsip::TunnelType::gre);
  realm.lease_to_hosts();
  check_steering(realm);
  const Packet out = udp({gateway_public, y_public}, x1_port, 53);
  realm.x1->send(out);
  CHECK(realm.y->receive() == forwarded(out));

  realm.remove_fast_path();
  check_steering(realm);
  const Packet big = udp({y_public, gateway_public}, 53, x1_port, realm.mtu + 1 - 28);
  realm.y->send(big);
  CHECK(joined_payload(realm.x1->receive_pieces()) == Packet(big.begin() + 20, big.end()));
  realm.y->send(udp({y_public, gateway_public, 64, true}, 53, x1_port, realm.mtu + 1 - 28));
  const Packet error = realm.y->receive();
  REQUIRE(error.size() > 28);
  CHECK((error[26] << 8 | error[27]) == realm.mtu);
  check_strays(realm);
}

TEST_CASE("steering: IP options do not lead to another host's port") {
  Realm realm;
  realm.lease_to_hosts();
  Packet packet = udp(from_y, 53, x2_port);
  // A header of 24 bytes; its last two are where the destination port is in one of 20.
  packet.insert(packet.begin() + 20, {1, 1, x1_port >> 8, x1_port & 0xff});
  packet[0] = 0x46;
  packet[3] = static_cast<std::uint8_t>(packet.size());
  packet[10] = packet[11] = 0;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 24; i += 2) sum += static_cast<std::uint32_t>(packet[i] << 8 | packet[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  packet[10] = static_cast<std::uint8_t>(~sum >> 8);
  packet[11] = static_cast<std::uint8_t>(~sum);
  realm.y->send(packet);
  CHECK(realm.x2->receive().size() == packet.size());  // the fast path knows the length of the header
  realm.remove_fast_path();
  realm.y->send(packet);
  CHECK(realm.x1->silent());
  CHECK(realm.x2->silent());
}

TEST_CASE("steering: ends when the lease ends") {
  using namespace rsip;
  using namespace std::chrono_literals;
  Realm realm;
  steer::Transaction lease;
  lease.add(steer::port_elements(realm.rsip1, gateway_public, Port{x1_port}, {ClientId{1}, BindId{1}, x1_private}, 1s));
  realm.commit(lease);
  const Packet packet = udp(from_y, 53, x1_port);
  realm.y->send(packet);
  CHECK(realm.x1->receive() == forwarded(packet));
  CHECK(realm.x1->receive(1000ms).empty());
  realm.y->send(packet);
  CHECK(realm.x1->silent());
}

}  // namespace steering_test
