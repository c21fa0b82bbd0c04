// SPDX-License-Identifier: GPL-2.0-or-later
#include "types/ipv4.hpp"

#include <arpa/inet.h>

#include <bit>
#include <charconv>

namespace rsip {

namespace {

std::uint32_t mask_of(std::uint8_t length) {
  return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
}

}  // namespace

bool Prefix::contains(Ipv4 address) const {
  return (address.value & mask_of(length)) == network.value;
}

Ipv4 Prefix::netmask() const {
  return {mask_of(length)};
}

std::optional<Prefix> network_of(Ipv4 address, Ipv4 netmask) {
  const auto length = static_cast<std::uint8_t>(std::countl_one(netmask.value));
  if (mask_of(length) != netmask.value) return std::nullopt;
  return Prefix{{address.value & netmask.value}, length};
}

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would not see what follows
  in_addr raw{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &raw) != 1) return std::nullopt;
  return Ipv4{ntohl(raw.s_addr)};
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<Ipv4> network = parse_ipv4(text.substr(0, slash));
  if (!network) return std::nullopt;
  std::uint8_t length = 32;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() || length > 32) return std::nullopt;
  }
  if ((network->value & ~mask_of(length)) != 0) return std::nullopt;
  return Prefix{*network, length};
}

std::string to_string(Ipv4 address) {
  char text[INET_ADDRSTRLEN] = {};
  const in_addr raw{htonl(address.value)};
  inet_ntop(AF_INET, &raw, text, sizeof text);
  return text;
}

std::string to_string(const Prefix& prefix) {
  return to_string(prefix.network) + "/" + std::to_string(prefix.length);
}

}  // namespace rsip
