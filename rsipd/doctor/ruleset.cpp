// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/ruleset.hpp"

#include <algorithm>

namespace rsip::doctor {

using nlohmann::json;

namespace {

/// As deep as the kernel lets chains call each other.
constexpr int deepest = 16;

std::string text(const json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// IPv4 packets come there.
bool sees_ipv4(const std::string& family) {
  return family == "ip" || family == "inet";
}

/// Says whether the rule goes on, by what nobody here can know.
bool is_condition(const json& statement) {
  return statement.contains("limit") || statement.contains("quota") || statement.contains("xt") ||
         statement.contains("ct count") || statement.contains("socket") || statement.contains("fib");
}

bool is_translation(const json& statement) {
  return statement.contains("masquerade") || statement.contains("snat") || statement.contains("xt");
}

}  // namespace

/// One rule's statements in turn, for a packet that reaches it more or less surely.
class Ruleset::Rule {
 public:
  Rule(const Ruleset& ruleset, Walk& walk, const Chain& chain, Truth reached)
      : ruleset_(ruleset), walk_(walk), chain_(chain), reached_(reached) {}

  void run(const json& statements) {
    for (const json& statement : statements) {
      if (!statement.is_object()) continue;
      if (statement.contains("match")) {
        reached_ = std::min(reached_, matches(walk_.packet, statement["match"]));
      } else if (statement.contains("vmap")) {
        choose(statement["vmap"]);
      } else {
        if (is_condition(statement)) reached_ = std::min(reached_, Truth::unknown);
        act(statement, reached_);
      }
      if (reached_ == Truth::no || end_ != End::through || left_ == Truth::yes) return;
    }
  }

  End end() const { return end_; }
  /// Whether the packet has gone back to where the chain was called from.
  Truth has_left_chain() const { return left_; }

 private:
  void choose(const json& vmap) {
    const json data = vmap.value("data", json::object());
    if (!data.is_object() || !data.contains("set")) return doubt();  // a named map
    for (const json& choice : data["set"]) {
      if (!choice.is_array() || choice.size() != 2) continue;
      const Truth chosen = is_in(walk_.packet, vmap.value("key", json()), choice[0]);
      if (chosen != Truth::no) act(choice[1], std::min(reached_, chosen));
      if (chosen == Truth::yes) return;
    }
  }

  void act(const json& statement, Truth reached) {
    if (is_translation(statement)) translate(statement, reached);
    if (statement.contains("accept")) finish(End::accepted, reached);
    if (statement.contains("drop") || statement.contains("reject")) finish(End::dropped, reached);
    if (statement.contains("queue")) doubt();
    if (statement.contains("return")) leave(reached);
    if (statement.contains("jump")) call(statement["jump"], reached);
    if (statement.contains("goto")) {
      call(statement["goto"], reached);
      if (end_ == End::through) leave(reached);
    }
  }

  void translate(const json& statement, Truth reached) {
    if (walk_.base.type != "nat") return;
    const bool certain = reached == Truth::yes;
    walk_.translations.push_back({&walk_.base, statement, certain});
    if (certain) end_ = End::accepted;
  }

  void finish(End end, Truth reached) {
    if (reached == Truth::yes) {
      end_ = end;
    } else if (end == End::accepted) {
      doubt();
    }
  }

  void leave(Truth reached) { left_ = std::max(left_, reached); }

  void call(const json& verdict, Truth reached) {
    const Chain* target = ruleset_.target(chain_, verdict);
    if (target == nullptr || walk_.depth >= deepest) return doubt();
    ++walk_.depth;
    finish(ruleset_.run(walk_, *target, reached), reached);
    --walk_.depth;
  }

  /// The packet may have been accepted.
  void doubt() { walk_.doubtful = true; }

  const Ruleset& ruleset_;
  Walk& walk_;
  const Chain& chain_;
  Truth reached_;
  End end_ = End::through;
  Truth left_ = Truth::no;
};

Ruleset::Ruleset(const json& listing) {
  for (const json& item : listing.value("nftables", json::array())) {
    if (item.contains("chain")) {
      const json& from = item["chain"];
      Chain chain{text(from, "family"),
                  text(from, "table"),
                  text(from, "name"),
                  text(from, "type"),
                  text(from, "hook"),
                  text(from, "policy") == "drop",
                  {}};
      if (sees_ipv4(chain.family) && chain.table != "rsip") chains_.emplace(chain.title(), chain);
    } else if (item.contains("rule")) {
      const json& from = item["rule"];
      const Chain where{text(from, "family"), text(from, "table"), text(from, "chain"), {}, {}, false, {}};
      const auto chain = chains_.find(where.title());
      if (chain != chains_.end()) chain->second.rules.push_back(from.value("expr", json::array()));
    }
  }
}

const Chain* Ruleset::target(const Chain& from, const json& verdict) const {
  const Chain called{from.family, from.table, text(verdict, "target"), {}, {}, false, {}};
  const auto found = chains_.find(called.title());
  return found == chains_.end() ? nullptr : &found->second;
}

Ruleset::End Ruleset::run(Walk& walk, const Chain& chain, Truth reached) const {
  for (const json& statements : chain.rules) {
    Rule rule(*this, walk, chain, reached);
    rule.run(statements);
    if (rule.end() != End::through) return rule.end();
    if (rule.has_left_chain() == Truth::yes) return End::through;
    if (rule.has_left_chain() == Truth::unknown || walk.doubtful) reached = Truth::unknown;
  }
  return End::through;
}

std::vector<Obstacle> Ruleset::obstacles(const Packet& packet) const {
  std::vector<Obstacle> found;
  for (const auto& [title, chain] : chains_) {
    if (chain.hook.empty() || chain.type == "nat") continue;
    if (std::ranges::find(packet.hooks, chain.hook) == packet.hooks.end()) continue;
    Walk walk{packet, chain};
    const End end = run(walk, chain, Truth::yes);
    if (end == End::dropped || (end == End::through && chain.drops)) found.push_back({&chain, !walk.doubtful});
  }
  return found;
}

std::vector<Translation> Ruleset::translations(const Packet& packet) const {
  std::vector<Translation> found;
  for (const auto& [title, chain] : chains_) {
    if (chain.type != "nat" || chain.hook != "postrouting") continue;
    Walk walk{packet, chain};
    (void)run(walk, chain, Truth::yes);
    std::ranges::move(walk.translations, std::back_inserter(found));
  }
  return found;
}

}  // namespace rsip::doctor
