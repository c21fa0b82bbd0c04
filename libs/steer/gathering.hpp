// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <unordered_map>

#include "steer/transaction.hpp"

namespace rsip::steer {

/// One transaction that does what several would, one after the other.
class Gathering {
 public:
  /// `later` comes after all that is in it already; not one that is afresh.
  void add(const Transaction& later);

  bool empty() const { return removals_.empty() && additions_.empty(); }
  Transaction transaction() const;
  void clear();

 private:
  std::unordered_map<std::string, Element> removals_;   ///< by their place
  std::unordered_map<std::string, Element> additions_;  ///< that are there in the end
};

}  // namespace rsip::steer
