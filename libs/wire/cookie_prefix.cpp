// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire/cookie_prefix.hpp"

#include <cassert>

#include "wire/reader.hpp"
#include "wire/vendor.hpp"
#include "wire/writer.hpp"

namespace rsip::wire {

namespace {

constexpr std::uint16_t subtype = 4;
constexpr std::uint8_t any_length = 0;

std::optional<std::uint8_t> read_wish(Reader value) {
  const std::uint8_t longest = value.u8();
  if (!value.complete()) return std::nullopt;
  if (longest == any_length) return CookiePrefix::max_bits;
  if (longest < CookiePrefix::min_bits || longest > CookiePrefix::max_bits) return std::nullopt;
  return longest;
}

std::optional<CookiePrefix> read_grant(Reader value) {
  CookiePrefix prefix;
  prefix.bits = value.u8();
  prefix.value = value.u32();
  if (!value.complete() || !prefix.is_valid()) return std::nullopt;
  return prefix;
}

/// What the first parameter says that `read` understands.
template <typename T>
std::optional<T> first(const std::vector<Vendor>& parameters, std::optional<T> (*read)(Reader)) {
  for (const Vendor& parameter : parameters) {
    if (parameter.vendor != vendor_id || parameter.subtype != subtype) continue;
    if (std::optional<T> understood = read(Reader(parameter.value))) return understood;
  }
  return std::nullopt;
}

}  // namespace

Vendor cookie_prefix_wish(std::uint8_t longest) {
  assert(longest >= CookiePrefix::min_bits && longest <= CookiePrefix::max_bits);
  return {vendor_id, subtype, {longest == CookiePrefix::max_bits ? any_length : longest}};
}

std::optional<std::uint8_t> wished_cookie_prefix(const std::vector<Vendor>& parameters) {
  return first(parameters, read_wish);
}

Vendor cookie_prefix_grant(const CookiePrefix& prefix) {
  assert(prefix.is_valid());
  Writer value;
  value.u8(prefix.bits);
  value.u32(prefix.value);
  return {vendor_id, subtype, value.take()};
}

std::optional<CookiePrefix> granted_cookie_prefix(const std::vector<Vendor>& parameters) {
  return first(parameters, read_grant);
}

}  // namespace rsip::wire
