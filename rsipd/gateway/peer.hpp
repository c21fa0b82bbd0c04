// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "types/ipv4.hpp"

namespace rsip::gateway {

using Bytes = std::vector<std::uint8_t>;

enum class Transport { tcp, udp };

/// Where a message came from or goes to, and which of our addresses is the other end.
struct Peer {
  Ipv4 host;
  std::uint16_t port = 0;
  Ipv4 gateway;  ///< Na as this host knows it
  Transport transport = Transport::tcp;
  std::size_t endpoint = 0;  ///< which of the server's; two may have the same address on different interfaces
};

/// A message that answers no request: ERROR_RESPONSE, DE-REGISTER_RESPONSE or FREE_RESPONSE with message counter 0
/// (RFC 3103 section 10.1).
struct Unasked {
  Peer to;
  Bytes message;
};

}  // namespace rsip::gateway
