// SPDX-License-Identifier: GPL-2.0-or-later
// What an IKE packet shows in the clear: enough to tell whose it is (RFC 3104 section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::ike {

inline constexpr Port ike_port{500};
inline constexpr Port nat_t_port{4500};         ///< RFC 3947 section 4, RFC 7296 section 2.23
inline constexpr std::size_t header_size = 28;  ///< RFC 2408 section 3.1, RFC 7296 section 3.1

/// The header of ISAKMP (RFC 2408 section 3.1) and of IKEv2 (RFC 7296 section 3.1), which agree in these fields.
struct Header {
  Cookie initiator{};  ///< never 0
  Cookie responder{};  ///< 0 in an initiator's first packet
  std::uint8_t major_version = 0;
  std::uint8_t exchange = 0;
  std::uint32_t message_id = 0;
  std::uint32_t length = 0;  ///< of the whole IKE message, as it says
};

/// Reads the header at the start of an IKE message. Nothing where there are fewer than header_size bytes, the version
/// is neither 1 nor 2, the initiator cookie is 0, or the length is less than the header's.
std::optional<Header> parse_header(std::span<const std::uint8_t> message);

struct Packet {
  Ipv4 source;
  Ipv4 destination;
  Port source_port{};
  Port destination_port{};
  Header ike;
};

/// Reads an IPv4 packet that carries IKE in UDP, from port 4500 behind four zero bytes (RFC 3948 section 2.2); its end
/// may be cut off behind the IKE header. Nothing where it is a fragment other than the first, not UDP, or not IKE.
std::optional<Packet> parse_packet(std::span<const std::uint8_t> packet);

}  // namespace rsip::ike
