// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace rsip {

/// What rsipd's exit codes mean; rsipd(8) lists them.
enum ExitCode : int {
  exit_ok = 0,
  exit_failure = 1,  ///< the daemon could not go on
  exit_usage = 2,
  exit_kernel = 3,   ///< a kernel feature or a permission is missing
  exit_network = 4,  ///< an address, port or interface is in use or absent
};

}  // namespace rsip
