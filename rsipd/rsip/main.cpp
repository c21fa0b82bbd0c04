// SPDX-License-Identifier: GPL-2.0-or-later
// rsip, the host's side of Realm Specific IP.
#include <exception>
#include <iostream>

#include "rsip/commands.hpp"
#include "rsip/exit.hpp"

int main(int argc, char** argv) {
  using namespace rsip::program;
  try {
    const tl::expected<Options, int> options = parse_options(argc, argv);
    if (!options) return options.error();
    switch (options->command) {
      case Command::up:
        return up(*options);
      case Command::status:
        return status(*options);
      case Command::down:
        return down(*options);
      case Command::assign:
      case Command::listen:
      case Command::free:
      case Command::query:
        return ask(*options);
    }
  } catch (const std::exception& error) {  // out of memory, or the log could not be opened
    std::cerr << "rsip: " << error.what() << '\n';
  }
  return exit_system;
}
