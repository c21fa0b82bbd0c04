// SPDX-License-Identifier: GPL-2.0-or-later
#include "confine/account.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

namespace rsip::confine {

Result<std::optional<Account>> find_account(const std::string& name) {
  std::vector<char> text(16384);  // names, home and shell; glibc's own advice (sysconf) is less
  passwd entry{};
  passwd* found = nullptr;
  const int code = ::getpwnam_r(name.c_str(), &entry, text.data(), text.size(), &found);
  if (code != 0) return failure(code, "look up user " + name);
  if (found == nullptr) return std::nullopt;
  return Account{name, found->pw_uid, found->pw_gid};
}

Result<void> provide_directory(const std::string& path, mode_t mode, const Account& account) {
  const std::string what = "make directory " + path;
  std::error_code code;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), code);
  if (code) return failure(code.value(), what);
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST) return {};
    return failure(errno, what);
  }
  // Not what the umask left of it.
  if (::chmod(path.c_str(), mode) != 0) return failure(errno, what);
  if (::lchown(path.c_str(), account.user, account.group) != 0) return failure(errno, what);
  return {};
}

}  // namespace rsip::confine
