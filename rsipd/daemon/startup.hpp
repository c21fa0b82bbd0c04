// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auth/key.hpp"
#include "daemon/exit_code.hpp"
#include "daemon/options.hpp"
#include "server/responder.hpp"
#include "steer/skeleton.hpp"

namespace rsip {

/// Why the daemon cannot start, in one line that says what to do about it.
struct Problem {
  ExitCode code = exit_failure;
  std::string text;
};

/// What was found out about this machine.
struct Setup {
  std::vector<server::Endpoint> endpoints;
  std::map<std::string, Ipv4> followed;  ///< the addresses of Options::pool_interfaces; they are in the pool
  steer::SkeletonOptions skeleton;
  std::uint32_t private_mtu = 0;       ///< the smallest of the private interfaces, in bytes
  std::optional<gid_t> control_group;  ///< whose members may use the control socket
  auth::KeyTable keys;                 ///< of the hosts that must prove who they are
  std::vector<Problem> problems;       ///< the daemon must not start
  std::vector<std::string> warnings;   ///< it may, but something will not work well
};

/// Looks at the kernel, its settings, the interfaces and the addresses that the options name. Changes nothing.
Setup examine(const Options& options);

}  // namespace rsip
