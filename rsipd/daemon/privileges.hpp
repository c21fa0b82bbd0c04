// SPDX-License-Identifier: GPL-2.0-or-later
// What rsipd is allowed to do: root's powers until it knows the machine, few while it takes its places, fewer from then
// on.
#pragma once

#include "daemon/options.hpp"
#include "daemon/startup.hpp"

namespace rsip {

/// From root to the user of --user; its directories are made before. What is opened after this belongs to that user.
/// Where rsipd was not started as root it keeps its user, and of the capabilities those that it needs.
tl::expected<void, Problem> become_user(const Options& options);

/// Leaves what it takes to serve hosts: CAP_NET_ADMIN and the system calls of an event loop.
tl::expected<void, Problem> confine_service(const Options& options);

}  // namespace rsip
