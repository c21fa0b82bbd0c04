// SPDX-License-Identifier: GPL-2.0-or-later
#include "events/limited_sink.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace rsip {

void LimitedSink::sink_it_(const spdlog::details::log_msg& message) {
  if (message.level < spdlog::level::warn) return to_->log(message);
  if (!take(message.time)) {
    ++left_out_;
    return;
  }
  if (const std::size_t count = std::exchange(left_out_, 0); count > 0) {
    const std::string text = fmt::format("event=lines-left-out count={}", count);
    spdlog::details::log_msg said(message.time, message.source, message.logger_name, spdlog::level::warn, text);
    to_->log(said);
  }
  to_->log(message);
}

bool LimitedSink::take(spdlog::log_clock::time_point now) {
  // A clock that is set back gains nothing.
  const double passed = std::max(std::chrono::duration<double>(now - last_).count(), 0.0);
  tokens_ = std::min(tokens_ + passed * rate, burst);
  last_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace rsip
