// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/exit.hpp"

namespace rsip::program {

ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case EEXIST:
    case EBUSY:
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EAGAIN:
      return exit_unavailable;
    default:
      return exit_system;
  }
}

ExitCode exit_code_of(const host::EndReason& reason) {
  if (std::holds_alternative<host::Stopped>(reason)) return exit_ok;
  if (std::holds_alternative<host::NoAnswer>(reason)) return exit_unavailable;
  return exit_refused;
}

}  // namespace rsip::program
