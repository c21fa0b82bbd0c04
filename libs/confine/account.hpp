// SPDX-License-Identifier: GPL-2.0-or-later
// The user that a daemon becomes, and the directories that this user needs.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "types/result.hpp"

namespace rsip::confine {

/// A user of this machine, with its own group.
struct Account {
  std::string name;
  uid_t user = 0;
  gid_t group = 0;

  friend bool operator==(const Account&, const Account&) = default;
};

/// Nothing where there is no such user.
Result<std::optional<Account>> find_account(const std::string& name);

/// Makes the directory where it is missing, with this mode and for this user. One that is there stays as it is: it is
/// its administrator's.
Result<void> provide_directory(const std::string& path, mode_t mode, const Account& account);

}  // namespace rsip::confine
