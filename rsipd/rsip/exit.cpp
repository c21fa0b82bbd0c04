// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/exit.hpp"

#include <iostream>

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
    case ETIMEDOUT:
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

ExitCode exit_code_of_failure(const host::Failure& failure) {
  const bool final =
      std::holds_alternative<host::Refused>(failure) || std::holds_alternative<host::NotUnderstood>(failure) ||
      std::holds_alternative<host::NoSuchBinding>(failure) || std::holds_alternative<host::FirstBinding>(failure);
  return final ? exit_refused : exit_unavailable;
}

ExitCode fail(const Error& error) {
  std::cerr << "rsip: " << error.text() << '\n';
  return exit_code_of(error);
}

}  // namespace rsip::program
