// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "types/ids.hpp"

namespace rsip::test {

/// The ports or SPIs of these runs, each by itself.
template <typename Id>
std::set<Id> each_of(const std::vector<Run<Id>>& runs) {
  std::set<Id> all;
  for (const Run<Id>& run : runs) {
    for (std::uint32_t i = 0; i < run.count; ++i) all.insert(static_cast<Id>(number(run.first) + i));
  }
  return all;
}

}  // namespace rsip::test
