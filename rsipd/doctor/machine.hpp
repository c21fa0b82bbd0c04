// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "doctor/finding.hpp"
#include "doctor/settings.hpp"
#include "types/result.hpp"

namespace rsip::doctor {

/// The machine's own part, looked at in the network namespace of the caller.
struct Machine {
  std::vector<Network> networks;  ///< of the private interfaces
  std::vector<Ipv4> primary;      ///< addresses of the public interfaces, which masquerade uses
  std::vector<Finding> findings;  ///< settings, interfaces, addresses and modules that are not as they should be
};

Result<Machine> examine(const Settings& settings);

}  // namespace rsip::doctor
