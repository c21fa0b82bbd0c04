// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/gathering.hpp"

namespace rsip::steer {

namespace {

/// What the kernel has only once.
std::string place_of(const Element& element) {
  std::string place(element.set);
  place += element.family == Family::ip ? '4' : 'n';
  place.append(element.key.begin(), element.key.end());
  return place;
}

}  // namespace

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
