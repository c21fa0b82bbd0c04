// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>

#include "netlink/socket.hpp"
#include "steer/element.hpp"
#include "types/result.hpp"

namespace rsip::steer {

/// Looks at the elements of leases that are in force.
class Inspector {
 public:
  /// In the network namespace of the caller.
  static Result<Inspector> open();

  /// Whether an element with this key, and this device where it has one, is in force. Costs the same however many are.
  Result<bool> has(const Element& element);

  /// All elements in turn, some at each call; nothing at the end. One that comes or goes meanwhile may be missed, or
  /// told twice.
  Result<std::optional<Elements>> next();

 private:
  Inspector(netlink::Socket lookups, netlink::Socket dump) : lookups_(std::move(lookups)), dump_(std::move(dump)) {}

  netlink::Socket lookups_;
  netlink::Socket dump_;
  std::size_t set_ = 0;  ///< of lease_sets()
  bool reading_ = false;
};

}  // namespace rsip::steer
