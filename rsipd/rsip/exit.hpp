// SPDX-License-Identifier: GPL-2.0-or-later
// The exit codes of rsip, and which failure has which.
#pragma once

#include "host/session.hpp"
#include "types/result.hpp"

namespace rsip::program {

enum ExitCode : int {
  exit_ok = 0,
  exit_refused = 1,  ///< the gateway refused, or ended the lease; no such binding; nothing is running
  exit_usage = 2,
  exit_system = 3,       ///< a kernel feature or a permission is missing
  exit_unavailable = 4,  ///< no gateway, or no answer of it; an address, device, table or registration is in use
};

ExitCode exit_code_of(const Error& error);
ExitCode exit_code_of(const host::EndReason& reason);
ExitCode exit_code_of_failure(const host::Failure& failure);

/// Says on standard error what is wrong; the exit code for it.
ExitCode fail(const Error& error);

}  // namespace rsip::program
