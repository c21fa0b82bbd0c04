// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "types/ids.hpp"

namespace rsip {

/// The first bits of the IKE cookies that one host chooses, so that hosts which share port 500 of an address never
/// choose the same one (RFC 3104 section 6.1: "negotiation via an extension of the RSIP protocol").
struct CookiePrefix {
  static constexpr std::uint8_t min_bits = 8;
  static constexpr std::uint8_t max_bits = 32;

  std::uint32_t value =
      0;  ///< left-aligned, as in the first four bytes of a cookie; never 0, nothing behind the prefix
  std::uint8_t bits = max_bits;

  constexpr std::uint32_t mask() const { return ~std::uint32_t{0} << (32 - bits); }

  constexpr bool is_valid() const {
    return bits >= min_bits && bits <= max_bits && value != 0 && (value & ~mask()) == 0;
  }

  constexpr bool contains(Cookie cookie) const {
    return (static_cast<std::uint32_t>(number(cookie) >> 32) & mask()) == value;
  }

  friend constexpr auto operator<=>(const CookiePrefix&, const CookiePrefix&) = default;
};

/// "0xa5c30000/16"
std::string to_string(const CookiePrefix& prefix);

}  // namespace rsip
