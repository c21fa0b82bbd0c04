// SPDX-License-Identifier: GPL-2.0-or-later
// A lease as the state file, the control socket and the user see it.
//
//   { "kind": "rsipsec", "client_id": 7, "bind_id": 3, "address": "198.51.100.1",
//     "ports": [ { "first": 40000, "last": 40007 } ],
//     "spis": [ { "first": 268435472, "last": 268435487 } ],
//     "cookie_prefix": { "value": 2781020160, "bits": 16 },   absent without --ike-port prefix; left-aligned
//     "tunnel": "ipip",
//     "remote": "198.51.100.2:80",                       absent where any remote host will do
//     "seconds": 3600,                                   as granted
//     "ends": 1795000000 }                               Unix time
#pragma once

#include <nlohmann/json.hpp>

#include "host/bindings.hpp"

namespace rsip::program {

struct Lease {
  host::Grant grant;
  std::int64_t ends = 0;  ///< Unix time
};

/// Of a binding that has been granted.
Lease lease_of(const host::Held& held);

nlohmann::json to_json(const Lease& lease);
/// Throws what nlohmann/json throws, or std::invalid_argument. Where "kind" and "tunnel" are missing, as in files of
/// version 1, the lease is RSIPSEC if it has SPIs, else RSAP-IP, and the tunnel IP-IP.
Lease lease_from_json(const nlohmann::json& object);

nlohmann::json to_json(const std::vector<Run<Port>>& runs);
std::vector<Run<Port>> ports_from_json(const nlohmann::json& list);
Ipv4 address_from_json(const nlohmann::json& text);

/// "198.51.100.1, ports 40000-40007, SPIs 0x10000010-0x1000001f, lease 3600 s". `left` in seconds.
std::string describe(const host::Grant& grant, std::int64_t left);

/// Now, in the terms of `Lease::ends`.
std::int64_t unix_time();

}  // namespace rsip::program
