// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/clocks.hpp"

#include <fstream>

namespace rsip::store {

Clocks system_clocks() {
  Clocks clocks;
  clocks.steady = [] { return lease::Clock::now(); };
  clocks.wall = [] { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); };
  std::ifstream("/proc/sys/kernel/random/boot_id") >> clocks.boot;
  return clocks;
}

}  // namespace rsip::store
