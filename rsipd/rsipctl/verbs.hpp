// SPDX-License-Identifier: GPL-2.0-or-later
// What rsipctl does, a function for each command. They return the exit status.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rsip::ctl {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failure = 1;  ///< it could not be done, or `diff` has found something
inline constexpr int exit_usage = 2;
inline constexpr int exit_no_answer = 3;  ///< there is no rsipd, or it does not answer

/// What all have in common.
struct Options {
  std::string control = "/run/rsipd/control.sock";
  bool json = false;
};

// By asking rsipd:
int status(const Options& options);
int hosts(const Options& options);
int bindings(const Options& options, const std::string& host);
int show(const Options& options, const std::string& host, std::uint32_t bind);
int pools(const Options& options);
int revoke(const Options& options, const std::string& host, std::optional<std::uint32_t> bind);
int drain(const Options& options, bool on);
int metrics(const Options& options);
int diff(const Options& options);
int watch(const Options& options);
int top(const Options& options);
int who(const Options& options, const std::string& address, const std::string& number, const std::string& time);

// By looking at the machine with the settings of rsipd:
int doctor(const Options& options);

// By what the kernel has:
int kernel_bindings(const Options& options, const std::string& host);
int kernel_counters(const Options& options);
int remove(const Options& options);

}  // namespace rsip::ctl
