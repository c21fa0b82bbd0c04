// SPDX-License-Identifier: GPL-2.0-or-later
// IPv4 packets by hand.
#pragma once

#include <cstdint>
#include <vector>

#include "types/ipv4.hpp"

namespace rsip::test {

using Packet = std::vector<std::uint8_t>;

struct Header {
  Ipv4 source;
  Ipv4 destination;
  std::uint8_t ttl = 64;
  bool df = false;
  std::uint16_t id = 4711;
};

Packet udp(const Header& header, std::uint16_t source_port, std::uint16_t destination_port, std::size_t data_size = 40);
Packet tcp(const Header& header, std::uint16_t source_port, std::uint16_t destination_port, std::size_t data_size = 40);
Packet esp(const Header& header, std::uint32_t spi, std::size_t data_size = 40);
Packet ah(const Header& header, std::uint32_t spi);
/// The start of an IKE packet between ports 500.
Packet ike(const Header& header, std::uint64_t initiator_cookie, std::size_t data_size = 40);
Packet icmp_echo(const Header& header, std::uint16_t identifier = 0x1234, std::size_t data_size = 8);
Packet icmp_echo_reply(const Header& header, std::uint16_t identifier = 0x1234, std::size_t data_size = 8);
/// RFC 792: with the first 64 bytes of `quoted`. `mtu` is that of "fragmentation needed" (RFC 1191).
Packet icmp_error(const Header& header, std::uint8_t type, std::uint8_t code, const Packet& quoted,
                  std::uint16_t mtu = 0);
/// Destination unreachable, host unreachable.
Packet icmp_unreachable(const Header& header, const Packet& quoted);
Packet ipip(const Header& header, const Packet& inner);
/// RFC 2784, without the optional fields.
Packet gre(const Header& header, const Packet& inner);

/// As a router on the way leaves it: TTL one less, header checksum right, all else the same.
Packet forwarded(Packet packet);

/// In pieces of at most `mtu` bytes.
std::vector<Packet> fragments(const Packet& packet, std::size_t mtu);

bool is_fragment(const Packet& packet);
bool has_df(const Packet& packet);
/// The data after the IP header, from all pieces in their order.
std::vector<std::uint8_t> joined_payload(const std::vector<Packet>& pieces);

}  // namespace rsip::test
