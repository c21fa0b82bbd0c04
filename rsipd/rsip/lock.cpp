// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace rsip::program {
namespace {

std::string path_of(const std::string& runtime_dir, const std::string& device) {
  return runtime_dir + "/" + device + ".lock";
}

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

Result<Lock> Lock::acquire(const std::string& runtime_dir, const std::string& device) {
  const char* const as_root = "run rsip as root";
  std::error_code error;
  std::filesystem::create_directories(runtime_dir, error);
  if (error) return failure(error.value(), "create " + runtime_dir, as_root);
  const std::string path = path_of(runtime_dir, device);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return failure(errno, "open " + path, as_root);
  Lock lock(fd);
  const struct flock wanted = whole_file();
  if (::fcntl(fd, F_SETLK, &wanted) != 0) {
    const int code = errno;
    if (code != EACCES && code != EAGAIN) return failure(code, "lock " + path);
    return failure(EBUSY, "device " + device + " is served by another rsip already", "'rsip down' ends that one");
  }
  return lock;
}

Lock::~Lock() {
  if (fd_ >= 0) (void)::close(fd_);
}

Result<std::optional<pid_t>> lock_holder(const std::string& runtime_dir, const std::string& device) {
  const std::string path = path_of(runtime_dir, device);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) return failure(errno, "open " + path, "run rsip as root");
  struct flock seen = whole_file();
  const int asked = ::fcntl(fd, F_GETLK, &seen);
  const int code = errno;
  (void)::close(fd);
  if (asked != 0) return failure(code, "ask who holds " + path);
  if (seen.l_type == F_UNLCK) return std::nullopt;
  return std::max<pid_t>(seen.l_pid, 0);
}

}  // namespace rsip::program
