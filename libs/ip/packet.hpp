// SPDX-License-Identifier: GPL-2.0-or-later
// What an IPv4 packet shows of who sent it, to whom, and what is in it. Its end may be cut off.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::ip {

inline constexpr std::uint8_t protocol_icmp = 1;
inline constexpr std::uint8_t protocol_ip_ip = 4;
inline constexpr std::uint8_t protocol_tcp = 6;
inline constexpr std::uint8_t protocol_udp = 17;
inline constexpr std::uint8_t protocol_gre = 47;
inline constexpr std::uint8_t protocol_esp = 50;
inline constexpr std::uint8_t protocol_ah = 51;

struct Packet {
  Ipv4 source;
  Ipv4 destination;
  std::uint8_t protocol = 0;
  std::span<const std::uint8_t> payload;  ///< what there is of it; nothing of a later fragment's
};

/// Nothing where the IP header is not whole or not IPv4's.
std::optional<Packet> parse(std::span<const std::uint8_t> bytes);

struct Ports {
  Port source{};
  Port destination{};
};
/// Of TCP and UDP.
std::optional<Ports> ports_of(const Packet& packet);

bool is_echo_request(const Packet& packet);

/// The packet that an ICMP error is about (RFC 792).
std::optional<Packet> quoted_in(const Packet& packet);

/// The packet that comes through a tunnel, IP-IP (RFC 2003) or GRE (RFC 2784, 2890).
std::optional<Packet> inside(const Packet& packet);

}  // namespace rsip::ip
