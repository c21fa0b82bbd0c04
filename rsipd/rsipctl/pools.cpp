// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <optional>

#include "rsipctl/answer.hpp"
#include "rsipctl/text.hpp"

namespace rsip::ctl {

using nlohmann::json;

namespace {

struct Kind {
  const char* member;
  const char* name;
};

constexpr Kind kinds[] = {{"ports", "ports"},
                          {"listen_ports", "listen ports"},
                          {"spis", "SPIs"},
                          {"suggested_spis", "suggested SPIs"},
                          {"cookie_prefixes", "cookie prefixes"},
                          {"whole_addresses", "whole addresses"}};

std::string share_of(const json& use) {
  const double total = use.at("total").get<double>();
  const double taken = use.at("leased").get<double>() + use.at("on_hold").get<double>();
  return std::to_string(static_cast<int>(total > 0 ? 100 * taken / total : 0)) + "%";
}

}  // namespace

int pools(const Options& options) {
  const std::vector<Table::Column> columns{{"ADDRESS", 15},      {"WHAT", 15},       {"LEASED", 10, true},
                                           {"ON HOLD", 8, true}, {"FREE", 10, true}, {"TAKEN", 5, true}};
  if (options.json) return print_list(options, {{"command", "pools"}}, columns, {});
  std::optional<Table> table;
  return print_one(options, {{"command", "pools"}}, [&](const json& item) {
    if (!table) table.emplace(std::cout, columns);
    for (const Kind& kind : kinds) {
      const auto use = item.find(kind.member);
      if (use == item.end() || use->is_null()) continue;
      table->row({text_of(item, "address"), kind.name, text_of(*use, "leased"), text_of(*use, "on_hold"),
                  text_of(*use, "free"), share_of(*use)});
    }
    if (item.contains("cookies")) {
      table->row({text_of(item, "address"), "cookies", text_of(item, "cookies"), "-", "-", "-"});
    }
  });
}

}  // namespace rsip::ctl
