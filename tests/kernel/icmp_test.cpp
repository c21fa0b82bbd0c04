// SPDX-License-Identifier: GPL-2.0-or-later
// ICMP of hosts that share an address: echoes, the errors that reach them, and those that they may send.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "realm.hpp"
#include "ruleset_view.hpp"
#include "steer/ruleset.hpp"

namespace icmp_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

constexpr Ipv4 z_public{y_public.value + 1};  // another peer, on the same wire as y
constexpr Header to_y{gateway_public, y_public};
constexpr Header to_z{gateway_public, z_public};
constexpr Header from_y{y_public, gateway_public};
constexpr Header from_z{z_public, gateway_public};
constexpr Header from_router{{0xcb007101}, gateway_public};
constexpr std::uint16_t identifier = 0x4711;

std::vector<std::uint8_t> payload(const Packet& packet) {
  return {packet.begin() + 20, packet.end()};
}

void check_out(Realm& realm, const Endpoint& host, const Packet& packet) {
  host.send(packet);
  CHECK(realm.y->receive() == forwarded(packet));
}

void check_in(Realm& realm, const Endpoint& host, const Packet& packet) {
  realm.y->send(packet);
  const Packet arrived = host.receive();
  REQUIRE(arrived.size() == packet.size());
  CHECK(payload(arrived) == payload(packet));
}

void check_for_no_host(Realm& realm, const Packet& packet) {
  realm.y->send(packet);
  CHECK(realm.x1->silent());
  CHECK(realm.x2->silent());
}

/// The skeleton once more, with all that matches `from` made `to`: bounds that a test can reach.
void reload_with(Realm& realm, std::initializer_list<std::pair<std::string_view, std::string_view>> changes) {
  std::string text = loadable_skeleton({"wan"});
  for (const auto& [from, to] : changes) {
    std::size_t place = text.find(from);
    REQUIRE(place != std::string::npos);
    for (; place != std::string::npos; place = text.find(from, place + to.size())) text.replace(place, from.size(), to);
  }
  const Inside inside(realm.gateway);
  const Result<void> loaded = steer::load(text);
  REQUIRE_MESSAGE(loaded, loaded.error().text());
}

std::size_t count(Realm& realm, const std::string& set) {
  const Inside inside(realm.gateway);
  return elements_of(set).size();
}

Packet with_byte(Packet packet, std::size_t at, std::uint8_t value) {
  packet[at] = value;
  return packet;
}

}  // namespace

TEST_CASE("icmp: an echo reply goes to the host that asked") {
  Realm realm;
  realm.lease_to_hosts();
  check_out(realm, *realm.x1, icmp_echo(to_y, identifier));
  check_out(realm, *realm.x2, icmp_echo(to_y, identifier + 1));
  check_in(realm, *realm.x2, icmp_echo_reply(from_y, identifier + 1));
  check_in(realm, *realm.x1, icmp_echo_reply(from_y, identifier));
  check_in(realm, *realm.x1, icmp_echo_reply({y_public, gateway_public, 64, true}, identifier, tunnel_mtu - 28));

  const Packet large = icmp_echo_reply(from_y, identifier, 3000);
  realm.y->send(fragments(large, 1500));
  CHECK(joined_payload(realm.x1->receive_pieces()) == payload(large));
  CHECK(realm.x2->silent());
}

TEST_CASE("icmp: an identifier belongs to the host that used it first towards a peer") {
  Realm realm;
  realm.lease_to_hosts();
  check_out(realm, *realm.x1, icmp_echo(to_y, identifier));
  realm.x2->send(icmp_echo(to_y, identifier));
  CHECK(realm.y->silent());
  CHECK(realm.counter("echo_in_use") == 1);
  check_in(realm, *realm.x1, icmp_echo_reply(from_y, identifier));
  CHECK(realm.x2->silent());

  check_out(realm, *realm.x1, icmp_echo(to_y, identifier));
  check_out(realm, *realm.x2, icmp_echo(to_z, identifier));  // another peer
  check_in(realm, *realm.x2, icmp_echo_reply(from_z, identifier));
  check_in(realm, *realm.x1, icmp_echo_reply(from_y, identifier));
}

TEST_CASE("icmp: an identifier is free again some time after its last request") {
  Realm realm;
  reload_with(realm, {{"timeout 59s", "timeout 2s"}, {"timeout 60s", "timeout 3s"}, {"timeout 61s", "timeout 3100ms"}});
  realm.lease_to_hosts();
  const Packet request = icmp_echo(to_y, identifier);
  check_out(realm, *realm.x1, request);
  for (int i = 0; i < 3; ++i) {  // each request puts it off
    std::this_thread::sleep_for(900ms);
    check_out(realm, *realm.x1, request);
    realm.x2->send(request);
    CHECK(realm.y->receive(50ms).empty());
  }
  std::this_thread::sleep_for(3300ms);
  check_out(realm, *realm.x2, request);
  check_in(realm, *realm.x2, icmp_echo_reply(from_y, identifier));
  realm.x1->send(request);
  CHECK(realm.y->silent());
  CHECK(realm.counter("echo_in_use") == 4);
}

TEST_CASE("icmp: echo requests from outside, and replies to nobody's requests, are the gateway's") {
  Realm realm;
  realm.lease_to_hosts();
  {
    const Inside inside(realm.gateway);
    REQUIRE(
        steer::load("table ip admin {\n counter replies { }\n chain in {\n"
                    "  type filter hook input priority 0; policy accept;\n"
                    "  icmp type echo-reply counter name replies\n }\n}\n"));
  }
  realm.y->send(icmp_echo(from_y, identifier));
  const Packet answer = realm.y->receive();
  REQUIRE(answer.size() == icmp_echo(from_y).size());
  CHECK(payload(answer) == payload(icmp_echo_reply(to_y, identifier)));

  check_out(realm, *realm.x1, icmp_echo(to_y, identifier));
  check_for_no_host(realm, icmp_echo_reply(from_y, identifier + 1));
  check_for_no_host(realm, icmp_echo_reply(from_z, identifier));
  check_for_no_host(realm, icmp_echo(from_y, identifier));
  const Inside inside(realm.gateway);
  CHECK(counter_of("ip admin replies") == 2);
}

TEST_CASE("icmp: echo requests need some lease on their source") {
  Realm realm;
  realm.x1->send(icmp_echo(to_y));
  realm.lease_to_hosts();
  realm.x1->send({icmp_echo({x1_whole, y_public}), icmp_echo({x1_private, y_public})});
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_protocol") == 3);
  CHECK(count(realm, "ip rsip echo_in") == 0);
}

TEST_CASE("icmp: one host cannot take up all identifiers") {
  Realm realm;
  realm.lease_to_hosts();
  const auto start = std::chrono::steady_clock::now();
  for (std::uint16_t i = 0; i < 1000; ++i) realm.x1->send(icmp_echo(to_y, i));
  while (!realm.y->receive(100ms).empty()) continue;
  check_out(realm, *realm.x2, icmp_echo(to_z, identifier));
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - start).count();
  const std::size_t taken = count(realm, "ip rsip echo_in");
  CHECK(taken >= 250);
  CHECK(taken <= 251 + 50 * static_cast<std::size_t>(seconds));
  CHECK(realm.counter("echo_excess") == 1001 - taken);
}

TEST_CASE("icmp: what is learned is bounded, and only echoes wait for room") {
  Realm realm;
  reload_with(realm, {{"size 65536", "size 3"}});
  realm.lease_to_hosts();
  for (std::uint16_t i = 0; i < 3; ++i) check_out(realm, *realm.x1, icmp_echo(to_y, i));
  realm.x1->send(icmp_echo(to_y, 3));
  CHECK(realm.y->silent());
  CHECK(realm.counter("echo_excess") == 1);
  check_out(realm, *realm.x1, icmp_echo(to_y, 0));
  for (std::uint32_t i = 0; i < 5; ++i) check_out(realm, *realm.x1, esp(to_y, 0xc0000000 + i));
  for (std::uint32_t i = 0; i < 5; ++i) check_out(realm, *realm.x1, ah(to_y, 0xc1000000 + i));
  CHECK(count(realm, "ip rsip echo_in") == 3);
  CHECK(count(realm, "ip rsip spi_out") == 3);
}

// RFC 3102 section 6.2
TEST_CASE("icmp: errors of every kind reach the host that sent what they quote, which is intact") {
  Realm realm;
  realm.lease_to_hosts();
  for (const Packet& sent : {udp(to_y, x1_port, 53), tcp(to_y, x1_port, 80), ike(to_y, x1_cookie),
                             esp(to_y, 0xc0000001), ah(to_y, 0xc0000002), icmp_echo(to_y, identifier)}) {
    check_out(realm, *realm.x1, sent);
    for (const Packet& error : {icmp_error(from_router, 3, 4, sent, 1400), icmp_error(from_y, 3, 3, sent),
                                icmp_error(from_router, 11, 0, sent), icmp_error(from_y, 11, 1, sent),
                                icmp_error(from_router, 12, 0, sent)}) {
      check_in(realm, *realm.x1, error);
    }
    CHECK(realm.x2->silent());
  }
  check_for_no_host(realm, icmp_unreachable(from_router, icmp_echo(to_y, identifier + 1)));
  check_for_no_host(realm, icmp_unreachable(from_router, icmp_echo(to_z, identifier)));
  check_for_no_host(realm, icmp_unreachable(from_router, icmp_echo_reply(to_y, identifier)));
}

TEST_CASE("icmp: where the quoted ports are not in their place, nobody is guessed") {
  Realm realm;
  realm.lease_to_hosts();
  const Packet error = icmp_unreachable(from_router, udp(to_y, x1_port, 53));
  check_for_no_host(realm, with_byte(error, 28, 0x46));    // options in the quoted header
  check_for_no_host(realm, with_byte(error, 28 + 7, 64));  // not the first fragment
}

TEST_CASE("icmp: the gateway's own errors come from its private address") {
  Realm realm;
  realm.lease_to_hosts();
  const Header expiring{gateway_public, y_public, 1};
  for (const Packet& sent : {udp(expiring, x1_port, 53), tcp(expiring, x1_port, 80), ike(expiring, x1_cookie),
                             esp(expiring, 0xc0000001), ah(expiring, 0xc0000002), icmp_echo(expiring, identifier)}) {
    realm.x1->send(sent);
    const Packet error = realm.x1->receive();
    REQUIRE(error.size() == 28 + sent.size());
    CHECK(Packet(error.begin() + 12, error.begin() + 20) == Packet{10, 0, 0, 1, 198, 51, 100, 1});
    CHECK(error[20] == 11);
    CHECK(Packet(error.begin() + 28, error.end()) == sent);
  }
  CHECK(realm.y->silent());
  CHECK(realm.x2->silent());
}

TEST_CASE("icmp: a host may report errors about what was for it") {
  Realm realm;
  realm.lease_to_hosts();
  const Packet datagram = udp(from_y, 53, x1_port);
  const Packet segment = tcp(from_y, 80, x1_port);
  for (const Packet& error :
       {icmp_error(to_y, 3, 3, datagram), icmp_error(to_y, 11, 1, datagram), icmp_error(to_y, 3, 4, datagram, 1280),
        icmp_error(to_y, 12, 0, datagram), icmp_error(to_y, 3, 3, segment), icmp_error(to_y, 3, 4, segment, 1280),
        icmp_error(to_y, 3, 3, ike(from_y, x1_cookie)), icmp_error(to_y, 3, 2, esp(from_y, x1_spi)),
        icmp_error(to_y, 11, 1, esp(from_y, x1_spi)), icmp_error(to_y, 3, 2, ah(from_y, x1_spi))}) {
    check_out(realm, *realm.x1, error);
  }
}

TEST_CASE("icmp: a host's errors about anything else are stopped") {
  Realm realm;
  realm.lease_to_hosts();
  const Packet own = udp(from_y, 53, x1_port);
  const std::vector<Packet> from_x1 = {
      icmp_error(to_y, 3, 3, udp(from_y, x1_port, x2_port)),           // another's port
      icmp_error(to_y, 3, 4, tcp(from_y, 80, x2_port), 576),           // likewise
      icmp_error(to_y, 3, 3, udp(from_y, 53, 50000)),                  // nobody's port
      icmp_error(to_y, 3, 3, udp({y_public, x1_whole}, 53, x1_port)),  // another address
      icmp_error({x1_whole, y_public}, 3, 3, own),                     // from another address
      icmp_error({x1_whole, y_public}, 3, 3, udp({y_public, x1_whole}, 53, x1_port)),
      icmp_error(to_y, 3, 3, ike(from_y, x1_cookie + 1)),  // another's exchange
      icmp_error(to_y, 3, 4, esp(from_y, x2_spi), 576),    // whose SPI it is does not show in the packet
      icmp_error(to_y, 3, 4, ah(from_y, x2_spi), 576),
      icmp_error(to_y, 3, 3, icmp_echo_reply(from_y, identifier)),  // about an error or an echo
      with_byte(icmp_error(to_y, 3, 3, own), 28, 0x46),             // the port is elsewhere
      with_byte(icmp_error(to_y, 3, 3, own), 28 + 7, 64),
      icmp_error(to_y, 5, 1, own),   // a redirect
      icmp_error(to_y, 13, 0, own),  // a timestamp
  };
  realm.x1->send(from_x1);
  realm.x2->send({icmp_error(to_y, 3, 3, own), icmp_error(to_y, 3, 2, esp(from_y, x1_spi)),
                  icmp_error(to_y, 3, 3, ike(from_y, x1_cookie))});
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_protocol") == from_x1.size() + 3);
}

}  // namespace icmp_test
