// SPDX-License-Identifier: GPL-2.0-or-later
// What is in force, read from the kernel's tables alone: it is there whether or not rsipd runs.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "types/result.hpp"

namespace rsip::ctl {

/// Consecutive numbers, first to last.
struct Range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// One binding, as the comments of its elements name it.
struct Binding {
  std::string client;
  std::string bind;
  std::string host;
  std::string address;
  std::string device;
  std::vector<Range> ports;
  std::vector<Range> spis;
  std::vector<std::uint64_t> cookies;
  std::uint64_t expires = 0;  ///< seconds from now
};

struct Counter {
  std::string name;
  std::string meaning;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

/// `nft -j list table FAMILY rsip`, through libnftables. ENOENT where the table is not there.
Result<nlohmann::json> list_table(const std::string& family);

/// The bindings in the listing of the netdev table, by client and bind ID.
std::vector<Binding> bindings_of(const nlohmann::json& netdev_table);

/// The counters in the listing of the ip table.
std::vector<Counter> counters_of(const nlohmann::json& ip_table);

}  // namespace rsip::ctl
