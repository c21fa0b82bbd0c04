// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::doctor {

/// What the rsipd that runs has been told, as far as others may get in its way.
struct Settings {
  std::vector<std::string> public_interfaces;
  std::vector<std::string> private_interfaces;
  std::vector<Ipv4> pool;            ///< shared addresses
  std::vector<Ipv4> exclusive_pool;  ///< whole ones
  std::vector<Run<Port>> ports;      ///< that hosts lease
  std::vector<std::uint16_t> listen{4555};
  std::vector<TunnelType> tunnels{TunnelType::ip_ip};
};

/// The network that is connected to a private interface.
struct Network {
  std::string interface;
  Prefix prefix;
};

}  // namespace rsip::doctor
