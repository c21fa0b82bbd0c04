// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/gathering.hpp"

namespace rsip::steer {

void Gathering::add(const Transaction& later) {
  for (const Element& element : later.removals()) {
    std::string place = place_of(element);
    // What was to be added is not, and what was there before is removed already.
    if (additions_.erase(place) == 0) removals_.emplace(std::move(place), element);
  }
  for (const Element& element : later.additions()) additions_.insert_or_assign(place_of(element), element);
}

Transaction Gathering::transaction() const {
  Transaction all;
  for (const auto& [place, element] : removals_) all.remove(element);
  for (const auto& [place, element] : additions_) all.add(element);
  return all;
}

void Gathering::clear() {
  removals_.clear();
  additions_.clear();
}

}  // namespace rsip::steer
