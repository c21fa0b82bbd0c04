// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/network.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>

namespace rsip::host {

std::vector<Rule> rules_of(const Network& network) {
  const std::uint32_t first = network.priority;
  std::vector<Rule> rules{{first, network.address, std::nullopt, network.table, std::nullopt}};
  if (network.default_route) {
    rules.push_back({first + 1, network.local, std::nullopt, RT_TABLE_MAIN, std::nullopt});
    rules.push_back({first + 2, std::nullopt, network.remote, RT_TABLE_MAIN, std::nullopt});
    rules.push_back({first + 3, std::nullopt, std::nullopt, RT_TABLE_MAIN, 0});
    rules.push_back({first + 4, std::nullopt, std::nullopt, network.table, std::nullopt});
  }
  return rules;
}

std::vector<Rule> rules_missing_in(const Network& other, const Network& network) {
  std::vector<Rule> missing;
  const std::vector<Rule> present = rules_of(other);
  for (const Rule& rule : rules_of(network)) {
    if (std::find(present.begin(), present.end(), rule) == present.end()) missing.push_back(rule);
  }
  return missing;
}

std::string alias_of(const Network& network) {
  return "rsip " + rsip::to_string(network.gateway);
}

std::string to_string(const Rule& rule) {
  std::string text = "rule " + std::to_string(rule.priority);
  if (rule.from) text += " from " + to_string(*rule.from);
  if (rule.to) text += " to " + to_string(*rule.to);
  text += " lookup " + (rule.table == RT_TABLE_MAIN ? std::string("main") : std::to_string(rule.table));
  if (rule.suppress_prefixlength) text += " suppress_prefixlength " + std::to_string(*rule.suppress_prefixlength);
  return text;
}

}  // namespace rsip::host
