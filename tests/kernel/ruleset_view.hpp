// SPDX-License-Identifier: GPL-2.0-or-later
// The ruleset as the kernel has it, read back through libnftables' JSON.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace rsip::test {

struct SeenElement {
  std::string key;            ///< parts joined by " . "
  std::string device;         ///< of a map: the value
  std::uint64_t timeout = 0;  ///< seconds, rounded down; 0 where there is none
  std::uint64_t expires = 0;
  std::string comment;
};

/// `set`: "ip rsip port_out", a set or a map.
std::vector<SeenElement> elements_of(const std::string& set);

/// The element with that key; an empty one where there is none.
SeenElement element_of(const std::string& set, const std::string& key);

/// `counter`: "ip rsip denied_port". Packets.
std::uint64_t counter_of(const std::string& counter);

/// Names of all tables, "ip rsip" and so on.
std::vector<std::string> tables();

/// `nft list ruleset`
std::string ruleset_text();
/// Its lines, without what changes by itself, whatever their order.
std::multiset<std::string> ruleset_lines();

}  // namespace rsip::test
