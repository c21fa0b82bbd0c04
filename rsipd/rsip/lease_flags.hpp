// SPDX-License-Identifier: GPL-2.0-or-later
// The flags that say what to lease, of 'up', 'assign' and 'listen'.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/wish.hpp"

namespace rsip::program {

/// What CLI11 fills in.
struct LeaseFlags {
  std::string method;
  std::optional<unsigned> ports;
  std::vector<unsigned> port_list;
  std::string port_range;  // of 'listen': its ports
  std::optional<unsigned> spis;
  std::string address;
  std::string remote;
  std::string tunnel = "ipip";
  std::uint32_t lease = 0;
};

void add_up_lease(CLI::App& up, LeaseFlags& flags);
void add_assign_lease(CLI::App& assign, LeaseFlags& flags);
void add_listen_lease(CLI::App& listen, LeaseFlags& flags);

/// What no single flag shows to be wrong with an 'up' or 'assign'; empty if nothing is.
std::string contradiction(const LeaseFlags& flags);

host::Wish wish_of(const LeaseFlags& flags);
host::Wish listen_wish_of(const LeaseFlags& flags);

/// A check whose own description stays out of the help.
CLI::Validator unnamed(CLI::Validator check);

}  // namespace rsip::program
