// SPDX-License-Identifier: GPL-2.0-or-later
// How our programs show their flags and complain about them: the same for all.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace rsip::cli {

/// Gives an application --help, -h and --version, and help that fits a terminal of 80 columns.
void set_up(CLI::App& app, const std::string& version);

/// One line about a bad command line, on stderr: "rsipd: ... (see rsipd --help)". Returns `exit_code`.
int print_error(const CLI::ParseError& problem, const std::string& program, int exit_code);

}  // namespace rsip::cli
