// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/report.hpp"

#include <unistd.h>

#include <array>
#include <iostream>

namespace rsip::program {
namespace {

int print(int code, const std::string& text) {
  (code == exit_ok ? std::cout : std::cerr) << text << std::endl;
  return code;
}

}  // namespace

Report::~Report() {
  if (pipe_ >= 0) (void)::close(pipe_);
}

void Report::tell(ExitCode code, const std::string& text) {
  if (done_) return;
  done_ = true;
  if (!background_) {
    print(code, text);
    return;
  }
  // The exit code as one byte, then the text. A parent that has gone away needs neither.
  std::string bytes(1, static_cast<char>(code));
  bytes += text;
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t some = ::write(pipe_, bytes.data() + written, bytes.size() - written);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) break;
    written += static_cast<std::size_t>(some);
  }
  (void)::close(pipe_);
  pipe_ = -1;
}

int relay(int pipe) {
  std::string bytes;
  std::array<char, 4096> chunk{};
  while (true) {
    const ssize_t some = ::read(pipe, chunk.data(), chunk.size());
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) break;
    bytes.append(chunk.data(), static_cast<std::size_t>(some));
  }
  if (bytes.empty()) return print(exit_system, "rsip: the background process ended without a word; see the system log");
  return print(bytes.front(), bytes.substr(1));
}

}  // namespace rsip::program
