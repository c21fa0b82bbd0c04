// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/boot_clock.hpp"

#include <sys/timerfd.h>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <ctime>

namespace rsip::host {
namespace {

Result<void> arm(int fd, const timespec& when) {
  const itimerspec alarm{{0, 0}, when};
  if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &alarm, nullptr) != 0) return failure(errno, "set a timer");
  return {};
}

}  // namespace

BootClock::time_point BootClock::now() noexcept {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);  // cannot fail: a valid clock and a valid pointer
  return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

BootTimer::BootTimer(asio::io_context& io, int fd, std::function<void()> on_alarm)
    : timer_(io, fd), on_alarm_(std::move(on_alarm)) {
  wait();
}

Result<std::unique_ptr<BootTimer>> BootTimer::create(asio::io_context& io, std::function<void()> on_alarm) {
  const int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) return failure(errno, "create a timer");
  return std::unique_ptr<BootTimer>(new BootTimer(io, fd, std::move(on_alarm)));
}

void BootTimer::wait() {
  timer_.async_read_some(asio::buffer(&expirations_, sizeof expirations_),
                         [this](const std::error_code& error, std::size_t) {
                           if (error == asio::error::operation_aborted) return;
                           wait();
                           if (!error) on_alarm_();
                         });
}

Result<void> BootTimer::set(TimePoint when) {
  const std::chrono::nanoseconds since_boot = when.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
  timespec at{};
  at.tv_sec = static_cast<time_t>(seconds.count());
  at.tv_nsec = static_cast<long>((since_boot - seconds).count());
  if (at.tv_sec == 0 && at.tv_nsec == 0) at.tv_nsec = 1;  // all zeros would disarm the timer
  return arm(timer_.native_handle(), at);
}

Result<void> BootTimer::cancel() {
  return arm(timer_.native_handle(), {0, 0});
}

}  // namespace rsip::host
