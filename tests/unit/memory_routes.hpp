// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cerrno>
#include <vector>

#include "gateway/routes.hpp"

namespace rsip::test {

/// A routing table in memory: the longest destination decides.
class MemoryRoutes : public gateway::Routes {
 public:
  Result<std::optional<Route>> route_to(Ipv4 address) override {
    ++lookups;
    if (fail) return failure(ENOBUFS, "look up");
    std::optional<Route> best;
    for (const Route& route : table) {
      if (!route.destination.contains(address)) continue;
      if (!best || route.destination.length > best->destination.length) best = route;
    }
    return best;
  }

  Result<std::vector<Prefix>> private_networks() override {
    ++listings;
    if (fail) return failure(EINTR, "list");
    std::vector<Prefix> networks;
    for (const Route& route : table) {
      if (route.side == Side::private_side) networks.push_back(route.destination);
    }
    return networks;
  }

  std::vector<Route> table;
  bool fail = false;
  int lookups = 0;
  int listings = 0;
};

}  // namespace rsip::test
