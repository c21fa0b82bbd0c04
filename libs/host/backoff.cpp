// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/backoff.hpp"

#include <algorithm>

namespace rsip::host {
namespace {

constexpr std::chrono::seconds first_pause{1};
constexpr std::chrono::seconds longest_pause{60};
constexpr unsigned doublings = 6;  // 64 s, more than the longest pause

}  // namespace

TimePoint Backoff::again(TimePoint now) {
  if (now - last_failure_ > 2 * longest_pause) failures_ = 0;
  last_failure_ = now;
  pause_ = std::min(first_pause * (1U << std::min(failures_, doublings)), longest_pause);
  ++failures_;
  const std::chrono::nanoseconds pause = pause_;
  return now + pause +
         std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(pause.count()) * spread_ / 2));
}

}  // namespace rsip::host
