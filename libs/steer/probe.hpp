// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <vector>

#include "types/ids.hpp"

namespace rsip::steer {

/// Something of the kernel that the daemon cannot do without.
struct Missing {
  std::string feature;  ///< "nf_tables: fwd at ingress"
  std::string reason;   ///< what the kernel answered
  std::string remedy;   ///< "modprobe nft_fwd_netdev"
};

/// Tries every kernel feature that the skeleton and tunnels of these types use, without changing anything. Where the
/// permission is missing, that alone is reported. Asking makes the kernel load modules that it knows how to find.
std::vector<Missing> probe(std::span<const TunnelType> tunnels);

}  // namespace rsip::steer
