// SPDX-License-Identifier: GPL-2.0-or-later
// Time that goes on while the host sleeps (CLOCK_BOOTTIME): a lease does not wait for a suspended laptop.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "types/result.hpp"

namespace rsip::host {

struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};
using TimePoint = BootClock::time_point;

/// One alarm on that clock, a timerfd.
class BootTimer {
 public:
  static Result<std::unique_ptr<BootTimer>> create(asio::io_context& io, std::function<void()> on_alarm);

  /// Replaces an earlier alarm. A time that has passed fires at once.
  Result<void> set(TimePoint when);
  Result<void> cancel();

 private:
  BootTimer(asio::io_context& io, int fd, std::function<void()> on_alarm);
  void wait();

  asio::posix::stream_descriptor timer_;
  std::function<void()> on_alarm_;
  std::uint64_t expirations_ = 0;
};

}  // namespace rsip::host
