// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>

#include "lease/config.hpp"

namespace rsip {

/// How soon damage is mended: at once, unless somebody keeps doing it. Then mending takes a small share of the time, so
/// that a fight with another program does not keep the daemon from its hosts.
class HealPace {
 public:
  using Duration = lease::Clock::duration;
  static constexpr std::chrono::seconds burst{10};            ///< of work that may be done at once
  static constexpr std::chrono::milliseconds least_cost{20};  ///< of one mending, whatever it took
  static constexpr int share = 20;                            ///< one part in so many of the time, after a burst
  static constexpr std::chrono::seconds longest_wait{10};

  /// Damage has been seen: how long to wait before mending it.
  Duration wait(lease::Time now) const {
    return std::clamp<Duration>(paid_off_ - burst * share - now, {}, longest_wait);
  }

  /// It has been mended, which took so long.
  void mended(lease::Time now, Duration took) {
    paid_off_ = std::max(paid_off_, now) + std::max<Duration>(took, least_cost) * share;
  }

 private:
  lease::Time paid_off_{};  ///< when all the work done so far is within the share
};

}  // namespace rsip
