// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>

#include "steer/log.hpp"

namespace rsip {

/// Reads an NFLOG group on the event loop, a batch at a time, so that hosts are served in between.
class LogReader {
 public:
  using Handler = std::function<void(const steer::LoggedPacket&)>;

  static Result<std::unique_ptr<LogReader>> open(asio::io_context& loop, std::uint16_t group, Handler handler);

  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;
  ~LogReader();

 private:
  LogReader(asio::io_context& loop, steer::Log log, Handler handler)
      : log_(std::move(log)), ready_(loop), handler_(std::move(handler)) {}
  void wait();

  steer::Log log_;
  asio::posix::stream_descriptor ready_;
  Handler handler_;
};

}  // namespace rsip
