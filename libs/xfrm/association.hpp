// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::xfrm {

/// IP protocol numbers.
enum class Protocol : std::uint8_t { esp = 50, ah = 51 };

/// What the kernel tells IPsec security associations apart by (RFC 4301 section 4.1). It calls them states.
struct SaId {
  Ipv4 destination;
  Spi spi{};
  Protocol protocol = Protocol::esp;
  friend constexpr auto operator<=>(const SaId&, const SaId&) = default;
};

/// Packets with this mark belong to the association.
struct Mark {
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
  friend constexpr auto operator<=>(const Mark&, const Mark&) = default;
};

/// A security association.
struct Association {
  SaId id;
  Ipv4 source;  ///< 0: any
  Mark mark{};
  friend constexpr auto operator<=>(const Association&, const Association&) = default;
};

}  // namespace rsip::xfrm
