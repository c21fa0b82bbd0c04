// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <optional>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip {

/// The peer that a binding is restricted to by the remote flow policy (RFC 3103 section 7.2).
struct Remote {
  Ipv4 address;
  std::optional<Port> port;  ///< micro-flow policy; nothing: any port (macro-flow policy)
  friend constexpr auto operator<=>(const Remote&, const Remote&) = default;
};

}  // namespace rsip
