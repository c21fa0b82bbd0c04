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
struct Association {
  Ipv4 destination;
  Spi spi{};
  Protocol protocol = Protocol::esp;
  friend constexpr auto operator<=>(const Association&, const Association&) = default;
};

}  // namespace rsip::xfrm
