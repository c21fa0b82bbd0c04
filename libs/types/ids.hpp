// SPDX-License-Identifier: GPL-2.0-or-later
// The numbers of RSIP as types of their own, so that none can be taken for another.
// All are in host byte order; only libs/wire and libs/steer turn them into bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

namespace rsip {

enum class ClientId : std::uint32_t {};  ///< RFC 3103 section 8.4
enum class BindId : std::uint32_t {};    ///< RFC 3103 section 8.5, unique within one host
enum class Counter : std::uint32_t {};   ///< message counter, RFC 3103 section 8.11
enum class Port : std::uint16_t {};      ///< TCP and UDP alike
enum class Spi : std::uint32_t {};       ///< ESP and AH, RFC 3104 section 5
enum class Cookie : std::uint64_t {};    ///< IKE initiator cookie (IKEv1) or initiator SPI (IKEv2)

/// RFC 3103 section 8.6.
enum class TunnelType : std::uint8_t { ip_ip = 1, gre = 2, l2tp = 3 };

/// A lease as it stands in a message: whole seconds from now (RFC 3103 section 8.3).
using LeaseTime = std::chrono::duration<std::uint32_t>;

/// The underlying number of one of the types above.
template <typename Id>
constexpr auto number(Id id) {
  return static_cast<std::underlying_type_t<Id>>(id);
}

/// `count` consecutive ports or SPIs from `first` on. Never empty, never wraps.
template <typename Id>
struct Run {
  Id first{};
  std::uint32_t count = 1;

  constexpr Id last() const {
    return static_cast<Id>(static_cast<std::underlying_type_t<Id>>(number(first) + count - 1));
  }
  constexpr bool contains(Id id) const { return id >= first && id <= last(); }
  friend constexpr auto operator<=>(const Run&, const Run&) = default;
};

}  // namespace rsip
