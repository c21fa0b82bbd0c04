// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rsip {

/// An IPv4 address. `value` is in host byte order.
struct Ipv4 {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(Ipv4, Ipv4) = default;
};

/// An IPv4 network such as 10.0.0.0/8; host bits are zero.
struct Prefix {
  Ipv4 network;
  std::uint8_t length = 32;

  bool contains(Ipv4 address) const;
  bool contains(const Prefix& other) const { return length <= other.length && contains(other.network); }
  Ipv4 netmask() const;
  friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;
};

/// "10.0.0.1" -> address; nothing where the text is not a dotted quad.
std::optional<Ipv4> parse_ipv4(std::string_view text);

/// "10.0.0.0/8" or "10.0.0.1" (a /32); nothing where it is neither or has host bits set.
std::optional<Prefix> parse_prefix(std::string_view text);

/// The network that `address` is in, by netmask; nothing where the mask's ones are not all in front.
std::optional<Prefix> network_of(Ipv4 address, Ipv4 netmask);

std::string to_string(Ipv4 address);
std::string to_string(const Prefix& prefix);

}  // namespace rsip

template <>
struct std::hash<rsip::Ipv4> {
  std::size_t operator()(rsip::Ipv4 address) const noexcept { return std::hash<std::uint32_t>{}(address.value); }
};
