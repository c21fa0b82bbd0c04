// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/gateway.hpp"
#include "types/ipv4.hpp"

namespace rsip::server {

/// Where to serve: one address of one private interface. The socket is bound to the interface too, so that the public
/// side cannot reach it whatever it routes to us.
struct Endpoint {
  std::string interface;
  Ipv4 address;
  std::uint16_t port = 4555;
};

inline std::string to_string(const Endpoint& endpoint) {
  return rsip::to_string(endpoint.address) + ":" + std::to_string(endpoint.port) + " on " + endpoint.interface;
}

/// Answers one message. Both servers call the same one.
using Respond =
    std::function<std::optional<gateway::Bytes>(const gateway::Peer& peer, std::span<const std::uint8_t> message)>;

}  // namespace rsip::server
