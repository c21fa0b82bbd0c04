// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <map>

#include "lease/config.hpp"
#include "wire/error.hpp"

namespace rsip::gateway {

/// How often one host is told what is wrong with its packets: of each error once a second.
class Pace {
 public:
  static constexpr std::chrono::seconds pause{1};

  /// True where this error is due; it counts as told then.
  bool take(wire::ErrorCode code, lease::Time now) {
    const auto [last, first] = told_.try_emplace(code, now);
    if (!first && now - last->second < pause) return false;
    last->second = now;
    return true;
  }

 private:
  std::map<wire::ErrorCode, lease::Time> told_;  ///< there are six such errors
};

}  // namespace rsip::gateway
