// SPDX-License-Identifier: GPL-2.0-or-later
// What the tables of others make of a packet, read from the JSON in which libnftables lists a ruleset.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "doctor/match.hpp"

namespace rsip::doctor {

struct Chain {
  std::string family;
  std::string table;
  std::string name;
  std::string type;  ///< "filter", "nat", "route"; empty where it has no hook
  std::string hook;
  bool drops = false;                 ///< what no rule decides
  std::vector<nlohmann::json> rules;  ///< each the list of its statements

  /// "table inet filter, chain forward"
  std::string title() const { return "table " + family + " " + table + ", chain " + name; }
};

/// A base chain by which a packet does not come, or only perhaps.
struct Obstacle {
  const Chain* chain = nullptr;
  bool certain = false;
};

/// A statement that gives a packet another source, or may: "masquerade", "snat", or one of iptables' extensions ("xt"),
/// of which libnftables does not tell what it is.
struct Translation {
  const Chain* chain = nullptr;
  nlohmann::json statement;
  bool certain = false;
};

class Ruleset {
 public:
  /// Leaves out our own tables.
  explicit Ruleset(const nlohmann::json& listing);

  std::vector<Obstacle> obstacles(const Packet& packet) const;
  /// Of the packet as it leaves.
  std::vector<Translation> translations(const Packet& packet) const;

 private:
  enum class End { through, accepted, dropped };
  struct Walk {
    const Packet& packet;
    const Chain& base;
    std::vector<Translation> translations{};
    bool doubtful = false;  ///< it may have been accepted already
    int depth = 0;
  };
  class Rule;

  End run(Walk& walk, const Chain& chain, Truth reached) const;
  const Chain* target(const Chain& from, const nlohmann::json& verdict) const;

  std::map<std::string, Chain> chains_;  ///< by title
};

}  // namespace rsip::doctor
