// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of rsip. Every flag, its default and its text are in options.cpp and nowhere else.
#pragma once

#include <spdlog/common.h>

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "host/gateway.hpp"
#include "host/locality.hpp"
#include "host/network.hpp"
#include "host/remedy.hpp"
#include "host/strongswan.hpp"
#include "host/wish.hpp"

namespace rsip::program {

enum class Command { up, status, down, assign, listen, free, query };

struct UpOptions {
  host::Gateway gateway;
  std::uint16_t gateway_port = 4555;
  host::Protocol protocol = host::Protocol::tcp;
  host::Wish wish;
  host::IkePort ike_port = host::IkePort::assigned;
  std::string strongswan;  ///< absolute path; empty: no snippet
  std::string psk_file;    ///< empty: no authentication
  std::uint32_t table = host::default_table;
  std::uint32_t rule_priority = host::default_priority;
  bool default_route = false;
  bool follow_sas = false;  ///< lease the SPIs of this host's SAs
  bool seccomp = true;
  bool foreground = false;
};

struct Options {
  Command command = Command::up;
  std::string device;
  std::string runtime_dir;
  spdlog::level::level_enum log_level = spdlog::level::info;
  bool json = false;
  UpOptions up;
  host::Wish wish;                  ///< assign, listen
  BindId bind{};                    ///< free
  std::vector<host::Place> places;  ///< query
};

/// The error is an exit code: --help and --version have printed to stdout (0), a bad flag one line to stderr (2).
tl::expected<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace rsip::program
