// SPDX-License-Identifier: GPL-2.0-or-later
#include "skip.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "steer/probe.hpp"

namespace rsip::test {
namespace {

constexpr TunnelType every_tunnel[] = {TunnelType::ip_ip, TunnelType::gre};

bool probe_misses(std::string_view feature) {
  static const std::vector<steer::Missing> missing = steer::probe(every_tunnel);
  return std::any_of(missing.begin(), missing.end(), [&](const auto& each) { return each.feature == feature; });
}

}  // namespace

bool kernel_has_ipip() {
  return !probe_misses("IP-IP tunnel devices");
}

bool kernel_has_gre() {
  return !probe_misses("GRE tunnel devices");
}

bool kernel_has_queue() {
  return !probe_misses("nf_tables: queue");
}

void skip(std::string_view test, std::string_view reason) {
  std::printf("SKIP %s: %s\n", std::string(test).c_str(), std::string(reason).c_str());
}

}  // namespace rsip::test
