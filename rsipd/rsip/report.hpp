// SPDX-License-Identifier: GPL-2.0-or-later
// How `rsip up` tells the one who called it what came of it: once, either that the lease is up or why not.
#pragma once

#include <string>

#include "rsip/exit.hpp"

namespace rsip::program {

class Report {
 public:
  /// Straight to stdout and stderr, for --foreground.
  Report() = default;
  /// Through a pipe to the parent process, which waits in relay(). Takes the descriptor.
  explicit Report(int pipe) : pipe_(pipe) {}
  Report(Report&& other) noexcept : pipe_(other.pipe_), done_(other.done_) { other.pipe_ = -1; }
  Report& operator=(Report&&) = delete;
  ~Report();

  void success(const std::string& text) { tell(exit_ok, text); }
  void failure(ExitCode code, const std::string& text) { tell(code, "rsip: " + text); }
  bool done() const { return done_; }
  bool in_background() const { return background_; }

 private:
  void tell(ExitCode code, const std::string& text);

  int pipe_ = -1;
  bool background_ = pipe_ >= 0;
  bool done_ = false;
};

/// The parent's part: waits for the child's report, prints it and returns the exit code.
int relay(int pipe);

}  // namespace rsip::program
