// SPDX-License-Identifier: GPL-2.0-or-later
// Every flag of rsipd, and the only place that knows them. The manual page is compared with --help by a test.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/policy.hpp"
#include "lease/config.hpp"
#include "server/limits.hpp"
#include "types/ipv4.hpp"

namespace rsip {

enum class OnExit { keep, remove };

/// Whether nobody else may change our tables: where the kernel can do that, or else not start.
enum class OwnTables : std::uint8_t { automatic, on, off };

struct Listen {
  Ipv4 address;
  std::uint16_t port = 4555;
};

struct Options {
  std::vector<std::string> private_interfaces;
  std::vector<std::string> public_interfaces;
  std::vector<Listen> listen;  ///< empty: the first address of each private interface
  gateway::Policy policy;
  std::vector<Prefix> local_networks;
  std::string psk_file;  ///< empty: no host has a key
  lease::Config lease;
  std::vector<std::string> pool_interfaces;  ///< whose addresses are in the pool as well
  server::Limits limits;
  bool udp = true;  ///< else datagrams are answered with USE_TCP
  std::uint16_t queue = 4555;
  std::uint16_t log_group = 4555;
  std::vector<Prefix> own_ike;     ///< peers whose IKE with a shared address is this machine's own
  std::uint32_t cookie_rate = 20;  ///< new IKE cookies a second of one host
  std::string control = "/run/rsipd/control.sock";
  std::string control_group;  ///< whose members may use it; empty: root alone
  std::string user;           ///< empty: rsipd, where there is one
  bool seccomp = true;
  std::string state_dir = "/var/lib/rsipd";  ///< of the journal
  std::chrono::hours history{30 * 24};       ///< how long it says who had what
  std::optional<Listen> metrics;             ///< where to serve them to Prometheus
  std::string metrics_file;                  ///< where to write them; empty: nowhere
  bool heal = true;                          ///< mend what others do to our tables
  OwnTables own_tables = OwnTables::automatic;
  OnExit on_exit = OnExit::keep;
  std::string log_level = "info";
  bool check = false;
};

/// What to do with a command line: go on with `options`, or exit with `exit_code` (the text has been printed).
struct CommandLine {
  std::optional<Options> options;
  int exit_code = 0;
};

CommandLine parse_command_line(int argc, char** argv);

}  // namespace rsip
