// SPDX-License-Identifier: GPL-2.0-or-later
#include "ip/packet.hpp"

#include <algorithm>

namespace rsip::ip {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t min_header = 20;
constexpr std::size_t icmp_header = 8;
constexpr std::size_t gre_header = 4;
constexpr std::uint16_t ethertype_ipv4 = 0x0800;

/// Big-endian; the caller has checked that they are there.
std::uint16_t number16(Bytes bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(bytes[offset] << 8 | bytes[offset + 1]);
}

std::uint32_t number32(Bytes bytes, std::size_t offset) {
  return std::uint32_t{number16(bytes, offset)} << 16 | number16(bytes, offset + 2);
}

bool is_error(std::uint8_t icmp_type) {
  switch (icmp_type) {
    case 3:   // destination unreachable
    case 11:  // time exceeded
    case 12:  // parameter problem
      return true;
    default:
      return false;
  }
}

/// What GRE carries, where that is IPv4.
std::optional<Bytes> without_gre(Bytes bytes) {
  constexpr std::uint16_t checksum = 0x8000;
  constexpr std::uint16_t key = 0x2000;
  constexpr std::uint16_t sequence = 0x1000;
  if (bytes.size() < gre_header || number16(bytes, 2) != ethertype_ipv4) return std::nullopt;
  const std::uint16_t flags = number16(bytes, 0);
  std::size_t size = gre_header;
  for (const std::uint16_t optional_field : {checksum, key, sequence}) {
    if ((flags & optional_field) != 0) size += 4;
  }
  if ((flags & ~(checksum | key | sequence)) != 0) return std::nullopt;  // routing of RFC 1701, another version
  if (bytes.size() < size) return std::nullopt;
  return bytes.subspan(size);
}

}  // namespace

std::optional<Packet> parse(Bytes bytes) {
  if (bytes.size() < min_header || bytes[0] >> 4 != 4) return std::nullopt;
  const std::size_t header = std::size_t{4} * (bytes[0] & 0x0fU);
  const std::size_t total = number16(bytes, 2);
  if (header < min_header || bytes.size() < header || total < header) return std::nullopt;
  const bool later_fragment = (number16(bytes, 6) & 0x1fffU) != 0;
  return Packet{
      .source = Ipv4{number32(bytes, 12)},
      .destination = Ipv4{number32(bytes, 16)},
      .protocol = bytes[9],
      .payload = later_fragment ? Bytes{} : bytes.first(std::min(bytes.size(), total)).subspan(header),
  };
}

std::optional<Ports> ports_of(const Packet& packet) {
  if (packet.protocol != protocol_tcp && packet.protocol != protocol_udp) return std::nullopt;
  if (packet.payload.size() < 4) return std::nullopt;
  return Ports{static_cast<Port>(number16(packet.payload, 0)), static_cast<Port>(number16(packet.payload, 2))};
}

bool is_echo_request(const Packet& packet) {
  constexpr std::uint8_t echo_request = 8;
  return packet.protocol == protocol_icmp && !packet.payload.empty() && packet.payload[0] == echo_request;
}

std::optional<Packet> quoted_in(const Packet& packet) {
  if (packet.protocol != protocol_icmp || packet.payload.size() < icmp_header) return std::nullopt;
  if (!is_error(packet.payload[0])) return std::nullopt;
  return parse(packet.payload.subspan(icmp_header));
}

std::optional<Packet> inside(const Packet& packet) {
  if (packet.protocol == protocol_ip_ip) return parse(packet.payload);
  if (packet.protocol != protocol_gre) return std::nullopt;
  const std::optional<Bytes> carried = without_gre(packet.payload);
  return carried ? parse(*carried) : std::nullopt;
}

}  // namespace rsip::ip
