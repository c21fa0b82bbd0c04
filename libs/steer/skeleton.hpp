// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/ipv4.hpp"

namespace rsip::steer {

struct SkeletonOptions {
  std::vector<std::string> public_devices;   ///< names of those interfaces of the public realm that there are
  std::vector<std::string> private_devices;  ///< names of the interfaces of the private realm, at least one
  std::vector<Ipv4> pool;                    ///< the shared public addresses, at least one
  std::vector<Ipv4> exclusive_pool;          ///< public addresses that go to one host each, as a whole
  Ipv4 tunnel_gateway;                       ///< our private address, the near end of the tunnels
  std::uint32_t tunnel_mtu = 1480;           ///< bytes; the smallest of the tunnels
  std::uint16_t ike_queue = 4555;            ///< NFQUEUE number
  std::uint16_t log_group = 4555;            ///< NFLOG group
  std::vector<Prefix> own_ike{};             ///< peers whose IKE with a shared address is this machine's own
  std::uint8_t prefix_bits = 16;             ///< of the hosts' IKE cookie prefixes: 8, 16, 24 or 32
  std::uint32_t cookie_rate = 20;            ///< new IKE cookies a second that one host may try
};

/// nft-rules/rsip.nft, built in, with its variables: text for load() or check() of steer/ruleset.hpp, and for people.
std::string skeleton_text(const SkeletonOptions& options);

}  // namespace rsip::steer
