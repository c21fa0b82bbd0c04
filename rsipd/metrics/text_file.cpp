// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/text_file.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <utility>

namespace rsip::metrics {

TextFile::TextFile(asio::io_context& loop, std::string path, std::function<std::string()> text)
    : timer_(loop), path_(std::move(path)), temporary_(path_ + ".new"), text_(std::move(text)) {}

/// What is no longer true must not be read on.
TextFile::~TextFile() {
  (void)::unlink(path_.c_str());
}

Result<void> TextFile::start() {
  if (Result<void> done = write(); !done) return done;
  write_later();
  return {};
}

/// Without fsync: after a crash of the machine nobody wants the numbers from before, and it would hold up the hosts.
Result<void> TextFile::write() const {
  errno = 0;
  std::ofstream file(temporary_, std::ios::trunc);
  file << text_();
  file.close();
  if (!file || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return failure(errno, "write " + path_, "does its directory exist, and may rsipd write there?");
  }
  return {};
}

void TextFile::write_later() {
  timer_.expires_after(interval);
  timer_.async_wait([this](const std::error_code& code) {
    if (code) return;
    const Result<void> done = write();
    if (!done && !failing_) spdlog::warn("{}", done.error().text());
    failing_ = !done;
    write_later();
  });
}

}  // namespace rsip::metrics
