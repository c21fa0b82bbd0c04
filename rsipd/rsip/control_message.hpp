// SPDX-License-Identifier: GPL-2.0-or-later
// The messages on the control socket, JSON objects, one a line: one request, one response.
//
//   { "command": "assign", "kind": "rsap-ip", "ports": 8, "spis": 0, "tunnel": "ipip",
//     "address": "198.51.100.1",                         these four where asked for
//     "local_ports": [ { "first": 40000, "last": 40007 } ],
//     "remote": "198.51.100.2:80", "lease": 3600 }
//   { "command": "free", "bind_id": 4 }
//   { "command": "query", "places": [ "10.0.0.9", "10.0.8.0/24", "y.example.org" ] }
//
//   { "ok": true, "binding": { ... } }                   assign, free; see lease.hpp
//   { "ok": true, "places": [ { "place": "10.0.0.9", "locality": "local" | "remote" | "unknown" } ] }
//   { "ok": false, "exit": 1, "error": "10.0.0.1 refused ..." }
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "host/command.hpp"
#include "host/locality.hpp"
#include "rsip/exit.hpp"
#include "rsip/lease.hpp"

namespace rsip::program {

/// The socket of the instance that serves a device: <runtime dir>/<device>.sock.
std::string control_path(const std::string& runtime_dir, const std::string& device);

/// More at a time would not fit into a QUERY_REQUEST of any names.
inline constexpr std::size_t max_places = 100;

nlohmann::json assign_request(const host::Wish& wish);
nlohmann::json free_request(BindId bind);
nlohmann::json query_request(const std::vector<host::Place>& places);

struct ControlRequest {
  host::Order order;
  std::vector<host::Place> places;  ///< of a query
};
/// The error is what is wrong with it.
tl::expected<ControlRequest, std::string> parse_request(const std::string& line);

nlohmann::json binding_response(const Lease& lease);
nlohmann::json places_response(const std::vector<host::Located>& places);
nlohmann::json failure_response(ExitCode exit, const std::string& text);

}  // namespace rsip::program
