// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/log_reader.hpp"

#include <spdlog/spdlog.h>

namespace rsip {

Result<std::unique_ptr<LogReader>> LogReader::open(asio::io_context& loop, std::uint16_t group, Handler handler) {
  Result<steer::Log> log = steer::Log::open(group);
  if (!log) return tl::unexpected(log.error());
  std::unique_ptr<LogReader> reader(new LogReader(loop, std::move(*log), std::move(handler)));
  asio::error_code code;
  (void)reader->ready_.assign(reader->log_.fd(), code);
  if (code) return failure(code.value(), "watch log group " + std::to_string(group));
  reader->wait();
  return reader;
}

LogReader::~LogReader() {
  if (ready_.is_open()) ready_.release();  // the descriptor is the log's
}

void LogReader::wait() {
  ready_.async_wait(asio::posix::stream_descriptor::wait_read, [this](asio::error_code code) {
    if (code) return;
    if (const Result<void> done = log_.read(handler_); !done) spdlog::error("{}", done.error().text());
    wait();
  });
}

}  // namespace rsip
