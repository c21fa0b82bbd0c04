// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace rsip::ctl {

/// Of all tunnels of a host together.
struct Traffic {
  struct Count {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
  };
  Count from_host;
  Count to_host;
  std::string devices;  ///< "rsip1,rsip2"
};

/// `host`: an item of the answer to `hosts`.
Traffic traffic_of(const nlohmann::json& host);

}  // namespace rsip::ctl
