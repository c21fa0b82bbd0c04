// SPDX-License-Identifier: GPL-2.0-or-later
// A message hash at the end of each message, with an anti-replay stamp (RFC 3102 section 3.3), as the last parameter
// of the message, a vendor-specific one (RFC 3103 section 8.12):
//
//     type 12, length 44, vendor ID, subtype, stamp (8 bytes), HMAC-SHA256 (32 bytes)
//
// The HMAC covers the host's address, the gateway's address, and the message from its first byte to the stamp's last,
// which is all but the HMAC itself. So it says who speaks, to whom, in which direction (the subtype) and when.
// rsip-protocol(7) has it byte for byte.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auth/key.hpp"
#include "types/ipv4.hpp"

namespace rsip::auth {

using Bytes = std::vector<std::uint8_t>;

/// The subtype. Keeps one kind of message from being taken for another.
enum class Kind : std::uint16_t {
  request = 1,  ///< host to gateway; its stamp is the host's
  answer = 2,   ///< gateway to host; its stamp is that of the request
  notice = 3,   ///< gateway to host, unasked; its stamp is the gateway's
};

/// Microseconds of Unix time. A sender never uses one twice; an answer has its request's.
using Stamp = std::chrono::sys_time<std::chrono::microseconds>;

Stamp stamp_now();

/// How far the clocks of host and gateway may be apart, and how long a replay has to be remembered.
inline constexpr std::chrono::minutes window{5};
constexpr bool is_timely(Stamp stamp, Stamp now) {
  return stamp >= now - window && stamp <= now + window;
}

/// The addresses between which messages go, as the host knows them: Xa and Na.
struct Ends {
  Ipv4 host;
  Ipv4 gateway;
};

inline constexpr std::size_t hmac_size = 32;
inline constexpr std::size_t seal_size = 3 + 4 + 8 + hmac_size;

/// The message with the parameter at its end. `message` must be a whole one and leave room for seal_size bytes.
Bytes seal(std::span<const std::uint8_t> message, Kind kind, const Ends& ends, Stamp stamp, const Key& key);

/// The stamp of a message that ends in a seal of that kind, made with the key for these ends; nothing where it does
/// not.
std::optional<Stamp> verify(std::span<const std::uint8_t> message, Kind kind, const Ends& ends, const Key& key);

}  // namespace rsip::auth
