// SPDX-License-Identifier: GPL-2.0-or-later
// Root's powers, given up but for a few.
#pragma once

#include <span>

#include "confine/account.hpp"
#include "types/result.hpp"

namespace rsip::confine {

/// A number of linux/capability.h, such as CAP_NET_ADMIN.
using Capability = int;

/// From root to this user, with its groups. Of root's capabilities these are left, and no program that the process
/// should ever start can have any. Call it before there are threads: each has capabilities of its own.
Result<void> become(const Account& account, std::span<const Capability> capabilities);

/// Of the capabilities that the process has, these are left; its user stays. A capability that it does not have does
/// not come by this.
Result<void> keep_only(std::span<const Capability> capabilities);

}  // namespace rsip::confine
