// SPDX-License-Identifier: GPL-2.0-or-later
#include "ike/packet.hpp"

namespace rsip::ike {

namespace {

constexpr std::size_t min_ipv4_header = 20;
constexpr std::size_t udp_header = 8;
constexpr std::size_t non_esp_marker = 4;
constexpr std::uint8_t protocol_udp = 17;

/// A big-endian number; the caller has checked that it is there.
template <typename Number>
Number big_endian(std::span<const std::uint8_t> bytes, std::size_t offset) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes.subspan(offset, sizeof(Number))) value = value << 8 | byte;
  return static_cast<Number>(value);
}

}  // namespace

std::optional<Header> parse_header(std::span<const std::uint8_t> message) {
  if (message.size() < header_size) return std::nullopt;
  const Header header{
      .initiator = static_cast<Cookie>(big_endian<std::uint64_t>(message, 0)),
      .responder = static_cast<Cookie>(big_endian<std::uint64_t>(message, 8)),
      .major_version = static_cast<std::uint8_t>(message[17] >> 4),
      .exchange = message[18],
      .message_id = big_endian<std::uint32_t>(message, 20),
      .length = big_endian<std::uint32_t>(message, 24),
  };
  if (header.initiator == Cookie{0} || header.length < header_size) return std::nullopt;
  if (header.major_version != 1 && header.major_version != 2) return std::nullopt;
  return header;
}

std::optional<Packet> parse_packet(std::span<const std::uint8_t> packet) {
  if (packet.size() < min_ipv4_header || packet[0] >> 4 != 4) return std::nullopt;
  const std::size_t ip_header = std::size_t{4} * (packet[0] & 0x0fU);
  if (ip_header < min_ipv4_header || packet.size() < ip_header + udp_header) return std::nullopt;
  const bool later_fragment = (big_endian<std::uint16_t>(packet, 6) & 0x1fffU) != 0;
  if (later_fragment || packet[9] != protocol_udp) return std::nullopt;

  const auto source_port = static_cast<Port>(big_endian<std::uint16_t>(packet, ip_header));
  std::span<const std::uint8_t> message = packet.subspan(ip_header + udp_header);
  if (source_port == nat_t_port) {
    if (message.size() < non_esp_marker || big_endian<std::uint32_t>(message, 0) != 0) return std::nullopt;
    message = message.subspan(non_esp_marker);
  }
  const std::optional<Header> ike = parse_header(message);
  if (!ike) return std::nullopt;
  return Packet{
      .source = Ipv4{big_endian<std::uint32_t>(packet, 12)},
      .destination = Ipv4{big_endian<std::uint32_t>(packet, 16)},
      .source_port = source_port,
      .destination_port = static_cast<Port>(big_endian<std::uint16_t>(packet, ip_header + 2)),
      .ike = *ike,
  };
}

}  // namespace rsip::ike
