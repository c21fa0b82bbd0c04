// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "netlink/socket.hpp"
#include "types/result.hpp"

namespace rsip::steer {

/// A named counter of table ip rsip: what was dropped or queued for one reason.
struct NamedCounter {
  std::string name;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

/// Reads the counters of the loaded skeleton.
class Counters {
 public:
  /// In the network namespace of the caller.
  static Result<Counters> open();

  /// All of them, in one request; none where the table is gone.
  Result<std::vector<NamedCounter>> read();

 private:
  explicit Counters(netlink::Socket socket) : socket_(std::move(socket)) {}

  netlink::Socket socket_;
};

}  // namespace rsip::steer
