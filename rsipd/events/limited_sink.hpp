// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <memory>

namespace rsip {

/// Lets at most so many warnings and errors through in a second, so that whatever goes wrong again and again cannot
/// fill a disk; how many were left out is said when there is room again. What is less grave, lease events above all,
/// passes.
class LimitedSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  static constexpr double rate = 10;    ///< a second
  static constexpr double burst = 100;  ///< after silence

  explicit LimitedSink(std::shared_ptr<spdlog::sinks::sink> to) : to_(std::move(to)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override { to_->flush(); }
  void set_formatter_(std::unique_ptr<spdlog::formatter> formatter) override {
    to_->set_formatter(std::move(formatter));
  }

 private:
  bool take(spdlog::log_clock::time_point now);

  std::shared_ptr<spdlog::sinks::sink> to_;
  double tokens_ = burst;
  spdlog::log_clock::time_point last_{};
  std::size_t left_out_ = 0;
};

}  // namespace rsip
