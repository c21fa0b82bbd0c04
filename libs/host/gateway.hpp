// SPDX-License-Identifier: GPL-2.0-or-later
// Which gateway to ask. RFC 3102 and 3103 define no way to find one: it is given, or the router that is there anyway.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::host {

/// The next hop of the main table's default route with the lowest metric. One without an IPv4 next hop does not count,
/// nor do other tables, rsip's own above all.
struct DefaultRouter {
  friend bool operator==(const DefaultRouter&, const DefaultRouter&) = default;
};

/// The router, an address, or a name.
using Gateway = std::variant<DefaultRouter, Ipv4, std::string>;

/// "10.0.0.1", "n.example.org"; nothing where it is neither.
std::optional<Gateway> parse_gateway(std::string_view text);

/// Its address now. Of a name, the first IPv4 address that the system's resolver gives, which may take seconds.
Result<Ipv4> address_of(const Gateway& gateway);

}  // namespace rsip::host
