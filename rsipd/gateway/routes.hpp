// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::gateway {

/// What the gateway asks of the kernel's routing.
class Routes {
 public:
  Routes() = default;
  Routes(const Routes&) = delete;
  Routes& operator=(const Routes&) = delete;
  virtual ~Routes() = default;

  enum class Side { private_side, public_side };
  struct Route {
    Prefix destination;
    Side side = Side::private_side;
  };
  /// The route that decides about packets to `address`, at constant cost. Nothing where there is none, where it leads
  /// to neither side or to both, and for addresses of this machine's own that are not on the private side.
  virtual Result<std::optional<Route>> route_to(Ipv4 address) = 0;

  /// The destinations of all routes to the private side. Costs a walk over the kernel's table.
  virtual Result<std::vector<Prefix>> private_networks() = 0;
};

}  // namespace rsip::gateway
