// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/seal.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "wire/codec.hpp"
#include "wire/parameter.hpp"
#include "wire/reader.hpp"
#include "wire/vendor.hpp"
#include "wire/writer.hpp"

namespace rsip::auth {

namespace {

constexpr std::uint16_t value_size = seal_size - 3;  // without type and length
using Hmac = std::array<std::uint8_t, hmac_size>;
static_assert(hmac_size == crypto_auth_hmacsha256_BYTES);

Hmac hmac_of(std::span<const std::uint8_t> covered, const Ends& ends, const Key& key) {
  wire::Writer addresses;
  addresses.u32(ends.host.value);
  addresses.u32(ends.gateway.value);
  const Bytes prefix = addresses.take();
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.bytes.data(), key.bytes.size());
  crypto_auth_hmacsha256_update(&state, prefix.data(), prefix.size());
  crypto_auth_hmacsha256_update(&state, covered.data(), covered.size());
  Hmac hmac{};
  crypto_auth_hmacsha256_final(&state, hmac.data());
  return hmac;
}

std::uint64_t to_wire(Stamp stamp) {
  return static_cast<std::uint64_t>(stamp.time_since_epoch().count());
}

Stamp from_wire(std::uint64_t value) {
  return Stamp{std::chrono::microseconds{static_cast<std::int64_t>(value)}};
}

}  // namespace

Stamp stamp_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

Bytes seal(std::span<const std::uint8_t> message, Kind kind, const Ends& ends, Stamp stamp, const Key& key) {
  assert(message.size() >= wire::header_size && message.size() + seal_size <= wire::max_message_size);
  wire::Writer out;
  out.bytes(message);
  out.patch(2, static_cast<std::uint16_t>(message.size() + seal_size));  // the overall length
  out.u8(static_cast<std::uint8_t>(wire::ParameterType::vendor_specific));
  out.u16(value_size);
  out.u16(wire::vendor_id);
  out.u16(static_cast<std::uint16_t>(kind));
  out.u32(static_cast<std::uint32_t>(to_wire(stamp) >> 32));
  out.u32(static_cast<std::uint32_t>(to_wire(stamp) & 0xffffffff));
  Bytes sealed = out.take();
  const Hmac hmac = hmac_of(sealed, ends, key);
  sealed.insert(sealed.end(), hmac.begin(), hmac.end());
  return sealed;
}

std::optional<Stamp> verify(std::span<const std::uint8_t> message, Kind kind, const Ends& ends, const Key& key) {
  if (message.size() < wire::header_size + seal_size || wire::framed_size(message) != message.size()) {
    return std::nullopt;
  }
  wire::Reader parameter(message.last(seal_size));
  const bool well_formed = parameter.u8() == static_cast<std::uint8_t>(wire::ParameterType::vendor_specific) &&
                           parameter.u16() == value_size && parameter.u16() == wire::vendor_id &&
                           parameter.u16() == static_cast<std::uint16_t>(kind);
  if (!well_formed) return std::nullopt;
  const std::uint64_t high = parameter.u32();
  const std::uint64_t low = parameter.u32();
  const Hmac expected = hmac_of(message.first(message.size() - hmac_size), ends, key);
  const std::span<const std::uint8_t> given = parameter.bytes(hmac_size);
  if (sodium_memcmp(expected.data(), given.data(), hmac_size) != 0) return std::nullopt;  // takes the same time always
  return from_wire(high << 32 | low);
}

}  // namespace rsip::auth
