// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "doctor/finding.hpp"
#include "doctor/ruleset.hpp"
#include "doctor/settings.hpp"

namespace rsip::doctor {

/// The chains of others that drop what RSIP needs: requests, tunnels, what hosts send and get.
std::vector<Finding> firewall_findings(const Ruleset& ruleset, const Settings& settings,
                                       const std::vector<Network>& networks);

/// The NAT of others that may pick a leased port, or gives away a whole address. `primary`: the address that masquerade
/// uses.
std::vector<Finding> nat_findings(const Ruleset& ruleset, const Settings& settings,
                                  const std::vector<Network>& networks, const std::vector<Ipv4>& primary);

}  // namespace rsip::doctor
