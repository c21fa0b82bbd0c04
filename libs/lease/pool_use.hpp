// SPDX-License-Identifier: GPL-2.0-or-later
// How much of the pool is in use, for operators.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "lease/config.hpp"
#include "lease/public_address.hpp"
#include "lease/whole_addresses.hpp"

namespace rsip::lease {

/// Numbers of one kind, or whole addresses.
struct Use {
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  std::uint64_t resting = 0;  ///< on hold (RFC 3102 section 6.1)

  std::uint64_t leased() const { return total - free - resting; }
};

struct AddressUse {
  Use ports;
  std::optional<Use> listen_ports;    ///< those of Config::listen_ports
  Use spis;                           ///< those of Config::spis
  std::optional<Use> suggested_spis;  ///< those of Config::suggested_spis that are not of Config::spis
  std::optional<Use> prefixes;
  std::size_t cookies = 0;  ///< IKE cookies in use; there is no end of them
};

/// The cost grows with the numbers on hold.
AddressUse use_of(const PublicAddress& address, const Config& config, Time now);
Use use_of(const WholeAddresses& addresses, Time now);

}  // namespace rsip::lease
