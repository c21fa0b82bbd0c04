// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "gateway/gateway.hpp"
#include "timed_kernel.hpp"

namespace rsip::test {

/// What must hold between any two calls of a gateway, whatever it was asked, and does not: a line for each. Empty: all
/// is well.
///   numbers    each port and SPI of the range is owned by one binding, or free, or resting: no two owners, no leak
///   addresses  whole ones likewise by one host, and announced as long as it has them
///   IKE        each cookie, prefix and listener is its binding's alone, and no address keeps one that no binding has
///   hosts      client IDs and device numbers are unique, what is held adds up and stays within the limits, and
///              nothing will be forgotten to expire
///   kernel     the elements are exactly what the live bindings say, each in the host's tunnel and until it ends
std::vector<std::string> violations(const gateway::Gateway& gateway, const TimedKernel& kernel);

}  // namespace rsip::test
