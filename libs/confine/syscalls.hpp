// SPDX-License-Identifier: GPL-2.0-or-later
// The system calls of an event loop with sockets, files and threads, and no others (seccomp).
#pragma once

#include "types/result.hpp"

namespace rsip::confine {

/// From now on, in all threads: what is not on the list is refused with EPERM, and what only an intruder has a use for
/// (starting programs, tracing, kernel modules, mounts, namespaces) ends the process. Memory is writable or executable,
/// never both. There is no way back. AddressSanitizer and its like need more than the list has.
Result<void> restrict_syscalls();

}  // namespace rsip::confine
