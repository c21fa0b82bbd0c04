// SPDX-License-Identifier: GPL-2.0-or-later
// What is in force, read from the kernel's tables alone: it is there whether or not rsipd runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/result.hpp"

namespace rsip::ctl {

/// Consecutive numbers, first to last.
struct Range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// A peer that a binding is for. Port 0: any.
struct Remote {
  std::string address;
  std::uint64_t port = 0;
  friend auto operator<=>(const Remote&, const Remote&) = default;
};

/// One binding, as the comments of its elements name it.
struct Binding {
  std::string client;
  std::string bind;
  std::string host;
  std::string address;
  std::string device;
  bool whole = false;           ///< has the address as a whole
  std::vector<Remote> remotes;  ///< none: all
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

/// The bindings in force, by client and bind ID. ENOENT where the tables are not there.
Result<std::vector<Binding>> bindings();

/// The counters of table ip rsip, likewise.
Result<std::vector<Counter>> counters();

}  // namespace rsip::ctl
