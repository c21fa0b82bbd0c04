// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::test {

/// The first IKE packet of an exchange with this initiator cookie, from UDP port `port` of `source`, cut off behind its
/// IKE header.
inline std::vector<std::uint8_t> ike_packet(Ipv4 source, Ipv4 destination, Cookie cookie, std::uint16_t port = 500) {
  std::vector<std::uint8_t> packet(20 + 8 + 28);
  packet[0] = 0x45;
  packet[9] = 17;
  for (std::size_t i = 0; i < 4; ++i) {
    packet[12 + i] = static_cast<std::uint8_t>(source.value >> (24 - 8 * i));
    packet[16 + i] = static_cast<std::uint8_t>(destination.value >> (24 - 8 * i));
  }
  packet[20] = static_cast<std::uint8_t>(port >> 8);
  packet[21] = static_cast<std::uint8_t>(port);
  for (std::size_t i = 0; i < 8; ++i) packet[28 + i] = static_cast<std::uint8_t>(number(cookie) >> (56 - 8 * i));
  packet[45] = 0x20;
  packet[55] = 28;
  return packet;
}

}  // namespace rsip::test
