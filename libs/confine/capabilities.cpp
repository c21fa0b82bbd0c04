// SPDX-License-Identifier: GPL-2.0-or-later
#include "confine/capabilities.hpp"

#include <cap-ng.h>
#include <sys/prctl.h>

#include <vector>

namespace rsip::confine {
namespace {

constexpr auto in_use = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED);

Result<void> forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failure(errno, "give up new privileges");
  return {};
}

/// libcap-ng has errno from the system call that failed, where one did.
Result<void> refused(const std::string& what) {
  return failure(errno, what, "start it as root, or with CAP_NET_ADMIN as an ambient capability");
}

}  // namespace

Result<void> become(const Account& account, std::span<const Capability> capabilities) {
  capng_clear(CAPNG_SELECT_ALL);
  for (const Capability capability : capabilities) {
    (void)capng_update(CAPNG_ADD, in_use, static_cast<unsigned>(capability));
  }
  constexpr auto rest = static_cast<capng_flags_t>(CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
  errno = 0;
  if (capng_change_id(static_cast<int>(account.user), static_cast<int>(account.group), rest) != 0) {
    return refused("become user " + account.name);
  }
  return forbid_new_privileges();
}

Result<void> keep_only(std::span<const Capability> capabilities) {
  const std::string what = "give up capabilities";
  errno = 0;
  if (capng_get_caps_process() != 0) return refused(what);
  const bool may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  std::vector<Capability> kept;
  for (const Capability capability : capabilities) {
    if (capng_have_capability(CAPNG_PERMITTED, static_cast<unsigned>(capability)) != 0) kept.push_back(capability);
  }
  capng_clear(CAPNG_SELECT_ALL);
  for (const Capability capability : kept) {
    (void)capng_update(CAPNG_ADD, in_use, static_cast<unsigned>(capability));
  }
  // Who must not change the bounding set leaves it to no_new_privs, which makes it as good as empty.
  const auto what_to_set =
      static_cast<capng_select_t>(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT | (may_bound ? CAPNG_SELECT_BOUNDS : 0));
  if (capng_apply(what_to_set) != 0) return refused(what);
  return forbid_new_privileges();
}

}  // namespace rsip::confine
