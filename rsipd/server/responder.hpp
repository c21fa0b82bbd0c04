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

/// Takes the answer to a request, or nothing where none is due. Called once at most, at once or later.
using Reply = std::function<void(std::optional<gateway::Bytes> answer)>;

/// Hands a request on. False where it is not taken; its reply is never called then.
using Respond = std::function<bool(const gateway::Peer& peer, std::span<const std::uint8_t> message, Reply reply)>;

}  // namespace rsip::server
