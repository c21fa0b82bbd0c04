// SPDX-License-Identifier: GPL-2.0-or-later
// <runtime dir>/<device>.json: what a running instance holds and what it has changed on this host. It is written before
// the kernel is touched, so that whoever finds it without a process can undo all of it.
//
// {
//   "version": 2,
//   "pid": 4711,
//   "device": "rsip0",
//   "phase": "starting" | "up",
//   "gateway": "10.0.0.1", "gateway_port": 4555, "transport": "tcp" | "udp",
//   "strongswan": "/etc/strongswan.d/rsip.conf",         absent without --strongswan
//   "networks": [                                        what may be in the kernel
//     { "device": "rsip0", "tunnel": "ipip" | "gre", "local": "10.0.0.11", "remote": "10.0.0.1",
//       "addresses": [ "198.51.100.1" ],
//       "selectors": [ { "from": "198.51.100.1", "sport": { "first": 80, "last": 80 } },
//                      { "from": "198.51.100.1", "protocol": 50 } ],
//       "table": 4555, "rule_priority": 4555, "default_route": false } ],
//   "lease": { ... },                                    the first one, see lease.hpp; absent while starting
//   "further": [ { ... } ],                              the others
//   "followed": {                                        absent without --follow-sas
//     "bind_ids": [ 5 ],                                 which of the others are for SPIs of this host's SAs
//     "last_us": 1830, "largest_us": 2950,               from the kernel's word of an SA to the gateway's answer, in
//                                                        microseconds; absent before the first
//     "in_use": 0 }                                      SAs removed since the gateway had given their SPI to another
// }
//
// Files of version 1 have networks with one "address" and neither "device" nor "tunnel" (IP-IP), and nothing further.
//
// `rsip up --json` prints the same object; `rsip status --json` adds "running" (true or false).
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/network.hpp"
#include "host/remedy.hpp"
#include "rsip/lease.hpp"

namespace rsip::program {

/// What `rsip up --follow-sas` does.
struct Followed {
  std::vector<BindId> binds;
  std::optional<std::chrono::microseconds> last;
  std::optional<std::chrono::microseconds> largest;
  std::uint32_t in_use = 0;
};

struct State {
  std::int64_t pid = 0;
  std::string device;
  host::Peer peer;
  std::string strongswan;
  std::vector<host::Network> networks;
  std::optional<Lease> lease;  ///< the first one; nothing while starting
  std::vector<Lease> further;
  std::optional<Followed> followed{};
};

nlohmann::json to_json(const State& state);

/// The first lease: "198.51.100.1, ports 40000-40007, SPIs 0x10000010-0x1000001f, lease 3600 s from 10.0.0.1". `left`
/// in seconds.
std::string describe(const State& state, std::int64_t left);

Result<void> write_state(const std::string& runtime_dir, const State& state);
Result<void> remove_state(const std::string& runtime_dir, const std::string& device);
/// Nothing where there is no such file. EBADMSG: it is not one of ours.
Result<std::optional<State>> read_state(const std::string& runtime_dir, const std::string& device);
/// The devices that have a state file, running or not.
std::vector<std::string> devices_with_state(const std::string& runtime_dir);

}  // namespace rsip::program
