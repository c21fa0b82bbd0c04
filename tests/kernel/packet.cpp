// SPDX-License-Identifier: GPL-2.0-or-later
#include "packet.hpp"

#include <algorithm>
#include <map>

namespace rsip::test {
namespace {

constexpr std::size_t header_size = 20;
constexpr std::uint16_t df_bit = 0x4000;
constexpr std::uint16_t mf_bit = 0x2000;

void put16(Packet& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

std::uint16_t get16(const Packet& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

void put32(Packet& bytes, std::size_t at, std::uint32_t value) {
  put16(bytes, at, static_cast<std::uint16_t>(value >> 16));
  put16(bytes, at + 2, static_cast<std::uint16_t>(value));
}

/// RFC 1071
std::uint16_t checksum(const Packet& bytes, std::size_t from, std::size_t to) {
  std::uint32_t sum = 0;
  for (std::size_t i = from; i + 1 < to; i += 2) sum += get16(bytes, i);
  if ((to - from) % 2 != 0) sum += static_cast<std::uint32_t>(bytes[to - 1] << 8);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void finish(Packet& packet) {
  put16(packet, 2, static_cast<std::uint16_t>(packet.size()));
  put16(packet, 10, 0);
  put16(packet, 10, checksum(packet, 0, header_size));
}

/// An IP header and `size` bytes of a pattern behind it.
Packet start(const Header& header, std::uint8_t protocol, std::size_t size) {
  Packet packet(header_size + size);
  for (std::size_t i = header_size; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i);
  packet[0] = 0x45;
  put16(packet, 4, header.id);
  put16(packet, 6, header.df ? df_bit : 0);
  packet[8] = header.ttl;
  packet[9] = protocol;
  put32(packet, 12, header.source.value);
  put32(packet, 16, header.destination.value);
  finish(packet);
  return packet;
}

/// `first` and `second` follow the checksum: an identifier and a sequence number, or nothing and an MTU.
Packet icmp(const Header& header, std::uint8_t type, std::uint8_t code, std::uint16_t first, std::uint16_t second,
            std::size_t data_size) {
  Packet packet = start(header, 1, 8 + data_size);
  packet[20] = type;
  packet[21] = code;
  put16(packet, 22, 0);
  put16(packet, 24, first);
  put16(packet, 26, second);
  put16(packet, 22, checksum(packet, header_size, packet.size()));
  return packet;
}

}  // namespace

Packet udp(const Header& header, std::uint16_t source_port, std::uint16_t destination_port, std::size_t data_size) {
  Packet packet = start(header, 17, 8 + data_size);
  put16(packet, 20, source_port);
  put16(packet, 22, destination_port);
  put16(packet, 24, static_cast<std::uint16_t>(8 + data_size));
  put16(packet, 26, 0);  // no checksum
  return packet;
}

Packet tcp(const Header& header, std::uint16_t source_port, std::uint16_t destination_port, std::size_t data_size) {
  Packet packet = start(header, 6, 20 + data_size);
  put16(packet, 20, source_port);
  put16(packet, 22, destination_port);
  packet[32] = 5 << 4;  // header length
  packet[33] = 0x10;    // ACK
  return packet;
}

Packet esp(const Header& header, std::uint32_t spi, std::size_t data_size) {
  Packet packet = start(header, 50, 8 + data_size);
  put32(packet, 20, spi);
  return packet;
}

Packet ah(const Header& header, std::uint32_t spi) {
  Packet packet = start(header, 51, 64);
  packet[20] = 17;  // next header
  packet[21] = 4;   // length in words, less 2
  put16(packet, 22, 0);
  put32(packet, 24, spi);
  return packet;
}

Packet ike(const Header& header, std::uint64_t initiator_cookie, std::size_t data_size) {
  Packet packet = udp(header, 500, 500, data_size);
  put32(packet, 28, static_cast<std::uint32_t>(initiator_cookie >> 32));
  put32(packet, 32, static_cast<std::uint32_t>(initiator_cookie));
  return packet;
}

Packet icmp_echo(const Header& header, std::uint16_t identifier, std::size_t data_size) {
  return icmp(header, 8, 0, identifier, 1, data_size);
}

Packet icmp_echo_reply(const Header& header, std::uint16_t identifier, std::size_t data_size) {
  return icmp(header, 0, 0, identifier, 1, data_size);
}

Packet icmp_error(const Header& header, std::uint8_t type, std::uint8_t code, const Packet& quoted, std::uint16_t mtu) {
  const std::size_t size = std::min<std::size_t>(quoted.size(), 64);
  Packet packet = icmp(header, type, code, 0, mtu, size);
  std::copy_n(quoted.begin(), size, packet.begin() + 28);
  put16(packet, 22, 0);
  put16(packet, 22, checksum(packet, header_size, packet.size()));
  return packet;
}

Packet icmp_unreachable(const Header& header, const Packet& quoted) {
  return icmp_error(header, 3, 1, quoted);
}

Packet ipip(const Header& header, const Packet& inner) {
  Packet packet = start(header, 4, inner.size());
  std::copy(inner.begin(), inner.end(), packet.begin() + header_size);
  return packet;
}

Packet gre(const Header& header, const Packet& inner) {
  Packet packet = start(header, 47, 4 + inner.size());
  put16(packet, 20, 0);
  put16(packet, 22, 0x0800);
  std::copy(inner.begin(), inner.end(), packet.begin() + header_size + 4);
  return packet;
}

Packet forwarded(Packet packet) {
  --packet[8];
  finish(packet);
  return packet;
}

std::vector<Packet> fragments(const Packet& packet, std::size_t mtu) {
  std::vector<Packet> pieces;
  const std::size_t step = (mtu - header_size) / 8 * 8;
  for (std::size_t at = header_size; at < packet.size(); at += step) {
    const std::size_t end = std::min(at + step, packet.size());
    Packet piece(packet.begin(), packet.begin() + header_size);
    piece.insert(piece.end(), packet.begin() + static_cast<std::ptrdiff_t>(at),
                 packet.begin() + static_cast<std::ptrdiff_t>(end));
    put16(piece, 6, static_cast<std::uint16_t>((at - header_size) / 8 | (end < packet.size() ? mf_bit : 0)));
    finish(piece);
    pieces.push_back(piece);
  }
  return pieces;
}

bool is_fragment(const Packet& packet) {
  return (get16(packet, 6) & 0x3fff) != 0;
}

bool has_df(const Packet& packet) {
  return (get16(packet, 6) & df_bit) != 0;
}

std::vector<std::uint8_t> joined_payload(const std::vector<Packet>& pieces) {
  std::map<std::uint16_t, const Packet*> by_offset;
  for (const Packet& piece : pieces) by_offset[get16(piece, 6) & 0x1fff] = &piece;
  std::vector<std::uint8_t> payload;
  for (const auto& [offset, piece] : by_offset) {
    if (std::size_t{offset} * 8 != payload.size()) return {};  // a hole
    payload.insert(payload.end(), piece->begin() + header_size, piece->end());
  }
  return payload;
}

}  // namespace rsip::test
