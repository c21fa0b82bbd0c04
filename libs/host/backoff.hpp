// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>

#include "host/boot_clock.hpp"

namespace rsip::host {

/// When to try again what failed: after 1, 2, 4 ... 60 s, from the start again once it has not failed for two minutes.
class Backoff {
 public:
  /// `spread` (0 to 1) lengthens the pauses by up to half.
  explicit Backoff(double spread) : spread_(spread) {}

  /// It failed now, once more.
  TimePoint again(TimePoint now);
  /// The last pause, without its spread.
  std::chrono::seconds pause() const { return pause_; }

 private:
  double spread_;
  unsigned failures_ = 0;  // in a row
  TimePoint last_failure_{};
  std::chrono::seconds pause_{};
};

}  // namespace rsip::host
