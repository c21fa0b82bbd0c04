// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include "../kernel/packet.hpp"
#include "ip/packet.hpp"

namespace ip_packet_test {

using namespace rsip;
using test::Header;

namespace {

constexpr Ipv4 a{0xc6336401};
constexpr Ipv4 b{0xc6336402};
constexpr Header header{a, b};

/// A packet with its IP header made longer by options.
test::Packet with_options(test::Packet packet) {
  packet[0] = 0x46;
  packet[3] = static_cast<std::uint8_t>(packet[3] + 4);
  packet.insert(packet.begin() + 20, {1, 1, 1, 1});
  return packet;
}

}  // namespace

TEST_CASE("ip: addresses, protocol and ports") {
  for (const test::Packet& bytes : {test::udp(header, 40000, 53), test::tcp(header, 40000, 53)}) {
    for (const test::Packet& each : {bytes, with_options(bytes)}) {
      const auto packet = ip::parse(each);
      REQUIRE(packet);
      CHECK(packet->source == a);
      CHECK(packet->destination == b);
      const auto ports = ip::ports_of(*packet);
      REQUIRE(ports);
      CHECK(ports->source == Port{40000});
      CHECK(ports->destination == Port{53});
    }
  }
  const test::Packet sent = test::esp(header, 0x1000);
  const auto esp = ip::parse(sent);
  REQUIRE(esp);
  CHECK(esp->protocol == ip::protocol_esp);
  CHECK_FALSE(ip::ports_of(*esp));
}

TEST_CASE("ip: what is cut off is not read") {
  const test::Packet bytes = test::udp(header, 40000, 53);
  CHECK_FALSE(ip::parse({}));
  CHECK_FALSE(ip::parse(std::span(bytes).first(19)));
  const auto bare = ip::parse(std::span(bytes).first(20));
  REQUIRE(bare);
  CHECK_FALSE(ip::ports_of(*bare));
  CHECK_FALSE(ip::ports_of(*ip::parse(std::span(bytes).first(23))));
  CHECK(ip::ports_of(*ip::parse(std::span(bytes).first(24))));
  test::Packet padded = bytes;
  padded.resize(padded.size() + 10);
  CHECK(ip::parse(padded)->payload.size() == bytes.size() - 20);
  test::Packet version_6 = bytes;
  version_6[0] = 0x65;
  CHECK_FALSE(ip::parse(version_6));
  test::Packet short_header = bytes;
  short_header[0] = 0x44;
  CHECK_FALSE(ip::parse(short_header));
}

TEST_CASE("ip: a later fragment has no ports") {
  const std::vector<test::Packet> pieces = test::fragments(test::udp(header, 40000, 53, 3000), 1480);
  CHECK(ip::ports_of(*ip::parse(pieces.front())));
  CHECK_FALSE(ip::ports_of(*ip::parse(pieces.back())));
}

TEST_CASE("ip: the packet that an ICMP error quotes") {
  const test::Packet error = test::icmp_unreachable({b, a}, test::udp(header, 40000, 53));
  const auto quoted = ip::quoted_in(*ip::parse(error));
  REQUIRE(quoted);
  CHECK(quoted->source == a);
  CHECK(ip::ports_of(*quoted)->source == Port{40000});
  const test::Packet echo = test::icmp_echo(header);
  CHECK_FALSE(ip::quoted_in(*ip::parse(echo)));
  CHECK(ip::is_echo_request(*ip::parse(echo)));
  CHECK_FALSE(ip::is_echo_request(*ip::parse(error)));
}

TEST_CASE("ip: the packet inside a tunnel") {
  const test::Packet inner = test::udp(header, 40000, 53);
  const Header outer{{0x0a00000b}, {0x0a000001}};
  test::Packet with_key = test::gre(outer, inner);
  with_key[20] = 0x20;
  with_key.insert(with_key.begin() + 24, {0, 0, 0, 9});
  with_key[3] = static_cast<std::uint8_t>(with_key[3] + 4);
  for (const test::Packet& each : {test::ipip(outer, inner), test::gre(outer, inner), with_key}) {
    const auto found = ip::inside(*ip::parse(each));
    REQUIRE(found);
    CHECK(found->source == a);
    CHECK(ip::ports_of(*found)->destination == Port{53});
  }
  CHECK_FALSE(ip::inside(*ip::parse(inner)));
  test::Packet ethernet = test::gre(outer, inner);
  ethernet[22] = 0x65;
  CHECK_FALSE(ip::inside(*ip::parse(ethernet)));
  test::Packet routing = test::gre(outer, inner);
  routing[20] = 0x40;
  CHECK_FALSE(ip::inside(*ip::parse(routing)));
}

}  // namespace ip_packet_test
