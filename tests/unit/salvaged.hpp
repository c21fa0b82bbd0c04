// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "gateway/gateway.hpp"
#include "timed_kernel.hpp"

namespace rsip::test {

/// Starts `fresh`, a gateway over `copy`, from what the kernel alone has of `running`'s leases, and says what is then
/// not as it was: a line for each binding, IKE state and element. Empty: all is well.
std::vector<std::string> salvage_losses(const gateway::Gateway& running, gateway::Gateway& fresh, TimedKernel& copy);

}  // namespace rsip::test
