// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::lease {

/// Leases live on a clock that no administrator sets back.
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

/// What the gateway leases, for how long, and how much of it to one host.
struct Config {
  std::vector<Ipv4> pool;                      ///< shared public addresses (Nb), at least one
  std::vector<Ipv4> exclusive_pool;            ///< addresses leased as a whole (RSA-IP)
  Run<Port> ports{Port{20000}, 40000};         ///< of every address
  std::optional<Run<Port>> listen_ports;       ///< of every shared address, for LISTEN alone; none of `ports`
  Run<Spi> spis{Spi{0x10000000}, 0x10000000};  ///< of every address; never below 256 (RFC 4303 section 2.1)
  /// Of every address, for hosts that name them (RFC 3104 section 6.2); those of `spis` may be among them.
  std::optional<Run<Spi>> suggested_spis{{Spi{0x100}, 0xffffff00}};

  /// Length of the IKE cookie prefixes of every address: 8, 16, 24 or 32; 0: none are given. nft 1.0.6 lists a key of
  /// other than whole bytes so that it cannot be loaded again.
  std::uint8_t prefix_bits = 16;

  LeaseTime lease{3600};               ///< where a host suggests none
  LeaseTime max_lease{86400};          ///< whatever a host suggests
  LeaseTime registration_lease{3600};  ///< of a registration without bindings
  std::chrono::seconds hold{120};      ///< freed addresses, ports and SPIs rest this long (RFC 3102 section 6.1)

  std::uint32_t max_hosts = 10000;   ///< registrations at a time
  std::uint32_t max_bindings = 256;  ///< of one host
  std::uint32_t max_addresses = 1;   ///< whole ones, of one host
  std::uint32_t max_ports = 1024;    ///< of one host, over all its bindings
  std::uint32_t max_spis = 1024;     ///< of one host, over all its bindings
  std::uint32_t max_cookies = 64;    ///< of one host: IKE cookies, or peers under a cookie prefix
};

}  // namespace rsip::lease
