// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/queue_state.hpp"

#include <sstream>
#include <string>

namespace rsip::steer {

/// A line for each queue: number, reader's port ID, packets waiting, copy mode, bytes copied, the two kinds of dropped
/// packets, last packet's ID, 1.
std::optional<QueueState> read_queue_state(std::istream& table, std::uint16_t number) {
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::uint64_t queue = 0;
    std::uint64_t ignored = 0;
    QueueState state;
    fields >> queue >> ignored >> state.waiting >> ignored >> ignored >> state.overflowed >> state.undeliverable;
    if (fields && queue == number) return state;
  }
  return std::nullopt;
}

}  // namespace rsip::steer
