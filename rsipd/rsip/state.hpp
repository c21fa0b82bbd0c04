// SPDX-License-Identifier: GPL-2.0-or-later
// <runtime dir>/<device>.json: what a running instance holds and what it has changed on this host. It is written before
// the kernel is touched, so that whoever finds it without a process can undo all of it.
//
// {
//   "version": 1,
//   "pid": 4711,
//   "device": "rsip0",
//   "phase": "starting" | "up",
//   "gateway": "10.0.0.1", "gateway_port": 4555, "transport": "tcp" | "udp",
//   "strongswan": "/etc/strongswan.d/rsip.conf",         absent without --strongswan
//   "networks": [                                        what may be in the kernel; the last one is in force
//     { "local": "10.0.0.11", "remote": "10.0.0.1", "address": "198.51.100.1",
//       "table": 4555, "rule_priority": 4555, "default_route": false } ],
//   "lease": {                                           absent while starting
//     "client_id": 7, "bind_id": 3, "address": "198.51.100.1",
//     "ports": [ { "first": 40000, "last": 40007 } ],
//     "spis": [ { "first": 268435472, "last": 268435487 } ],
//     "seconds": 3600,                                   as granted
//     "ends": 1795000000 }                               Unix time
// }
//
// `rsip up --json` prints the same object; `rsip status --json` adds "running" (true or false).
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/network.hpp"
#include "host/remedy.hpp"
#include "host/session.hpp"

namespace rsip::program {

struct Lease {
  host::Grant grant;
  std::int64_t ends = 0;  ///< Unix time
};

struct State {
  std::int64_t pid = 0;
  std::string device;
  host::Peer peer;
  std::string strongswan;
  std::vector<host::Network> networks;
  std::optional<Lease> lease;  ///< nothing while starting
};

nlohmann::json to_json(const State& state);

/// "198.51.100.1, ports 40000-40007, SPIs 0x10000010-0x1000001f, lease 3600 s from 10.0.0.1". `left` in seconds.
std::string describe(const State& state, std::int64_t left);

/// Now, in the terms of `Lease::ends`.
std::int64_t unix_time();

Result<void> write_state(const std::string& runtime_dir, const State& state);
Result<void> remove_state(const std::string& runtime_dir, const std::string& device);
/// Nothing where there is no such file. EBADMSG: it is not one of ours.
Result<std::optional<State>> read_state(const std::string& runtime_dir, const std::string& device);
/// The devices that have a state file, running or not.
std::vector<std::string> devices_with_state(const std::string& runtime_dir);

}  // namespace rsip::program
