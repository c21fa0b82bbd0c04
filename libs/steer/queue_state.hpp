// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <istream>
#include <optional>

namespace rsip::steer {

/// How an NFQUEUE is, as the kernel counts.
struct QueueState {
  std::uint64_t waiting = 0;        ///< packets, for a verdict
  std::uint64_t overflowed = 0;     ///< packets dropped as too many waited
  std::uint64_t undeliverable = 0;  ///< packets dropped as the reader's socket was full
};

/// From /proc/net/netfilter/nfnetlink_queue; nothing where no such queue is open.
std::optional<QueueState> read_queue_state(std::istream& table, std::uint16_t number);

}  // namespace rsip::steer
