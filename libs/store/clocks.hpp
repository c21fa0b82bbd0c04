// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "lease/config.hpp"

namespace rsip::store {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// The time on both clocks, and the boot that the steady one counts from.
struct Clocks {
  std::function<lease::Time()> steady;
  std::function<WallTime()> wall;
  std::string boot;  ///< /proc/sys/kernel/random/boot_id
};

/// Those of this machine.
Clocks system_clocks();

}  // namespace rsip::store
