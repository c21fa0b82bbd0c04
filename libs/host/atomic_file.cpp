// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace rsip::host {
namespace {

Result<void> write_all(int fd, const std::string& text, const std::string& path) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(fd, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(errno, "write " + path);
    done += static_cast<std::size_t>(written);
  }
  if (::fchmod(fd, 0644) != 0) return failure(errno, "set the mode of " + path);
  if (::fsync(fd) != 0) return failure(errno, "write " + path);
  return {};
}

}  // namespace

Result<void> write_atomically(const std::string& path, const std::string& text) {
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return failure(errno, "create " + temporary, "does its directory exist, and may this user write there?");
  Result<void> done = write_all(fd, text, temporary);
  if (::close(fd) != 0 && done) done = failure(errno, "write " + temporary);
  if (done && std::rename(temporary.c_str(), path.c_str()) != 0) done = failure(errno, "write " + path);
  if (!done) (void)::unlink(temporary.c_str());
  return done;
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return failure(errno, "remove " + path);
}

}  // namespace rsip::host
