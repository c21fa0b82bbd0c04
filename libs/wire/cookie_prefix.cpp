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

/// The form of a grant, and of a wish for the prefix that the host had.
std::optional<CookiePrefix> read_prefix(Reader value) {
  CookiePrefix prefix;
  prefix.bits = value.u8();
  prefix.value = value.u32();
  if (!value.complete() || !prefix.is_valid()) return std::nullopt;
  return prefix;
}

std::optional<std::uint8_t> read_wish(Reader value) {
  if (const std::optional<CookiePrefix> held = read_prefix(value)) return held->bits;
  const std::uint8_t longest = value.u8();
  if (!value.complete()) return std::nullopt;
  if (longest == any_length) return CookiePrefix::max_bits;
  if (longest < CookiePrefix::min_bits || longest > CookiePrefix::max_bits) return std::nullopt;
  return longest;
}

Vendor prefix_parameter(const CookiePrefix& prefix) {
  assert(prefix.is_valid());
  Writer value;
  value.u8(prefix.bits);
  value.u32(prefix.value);
  return {vendor_id, subtype, value.take()};
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

Vendor cookie_prefix_wish(const CookiePrefix& held) {
  return prefix_parameter(held);
}

std::optional<std::uint8_t> wished_cookie_prefix(const std::vector<Vendor>& parameters) {
  return first(parameters, read_wish);
}

std::optional<CookiePrefix> suggested_cookie_prefix(const std::vector<Vendor>& parameters) {
  return first(parameters, read_prefix);
}

Vendor cookie_prefix_grant(const CookiePrefix& prefix) {
  return prefix_parameter(prefix);
}

std::optional<CookiePrefix> granted_cookie_prefix(const std::vector<Vendor>& parameters) {
  return first(parameters, read_prefix);
}

}  // namespace rsip::wire
