// SPDX-License-Identifier: GPL-2.0-or-later
// <runtime dir>/<device>.lock is held, by fcntl(2), for as long as the process lives that serves the device. The kernel
// lets go of it however the process ends, and tells others who holds it. The file itself stays.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "types/result.hpp"

namespace rsip::program {

class Lock {
 public:
  /// EBUSY: another process has it. Creates the directory if need be. Not inherited by fork(2).
  static Result<Lock> acquire(const std::string& runtime_dir, const std::string& device);
  Lock(Lock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Lock& operator=(Lock&&) = delete;
  ~Lock();

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

/// Who holds the lock; nothing where nobody does. A process of another PID namespace shows as 0.
Result<std::optional<pid_t>> lock_holder(const std::string& runtime_dir, const std::string& device);

}  // namespace rsip::program
