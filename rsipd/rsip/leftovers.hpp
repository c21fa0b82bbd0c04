// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "host/kernel.hpp"
#include "rsip/state.hpp"

namespace rsip::program {

/// Removes what `state` describes: devices, rules, routes, the strongSwan snippet, the control socket, and last the
/// state file. Goes on after a failure and reports the first.
Result<void> remove_leftovers(host::Kernel& kernel, const std::string& runtime_dir, const State& state);

}  // namespace rsip::program
