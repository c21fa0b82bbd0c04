// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <utility>
#include <vector>

#include "steer/element.hpp"

namespace rsip::steer {

/// Changes that the kernel makes all at once or not at all. Removals come before additions, whatever the order of
/// the calls, so that an element may be removed and given to another in one transaction.
class Transaction {
 public:
  /// The commit fails with EEXIST when the key is there already, whoever has it.
  void add(Element element) { additions_.push_back(std::move(element)); }
  void add(Elements elements) {
    for (Element& element : elements) add(std::move(element));
  }

  /// Takes the key out; a map's device must be the one that was added. No error when its time ran out before.
  void remove(Element element) { removals_.push_back(std::move(element)); }
  void remove(Elements elements) {
    for (Element& element : elements) remove(std::move(element));
  }

  /// A new timeout and comment: Linux 6.1 cannot change an element in place.
  void replace(const Element& element) {
    remove(element);
    add(element);
  }
  void replace(const Elements& elements) {
    for (const Element& element : elements) replace(element);
  }

  /// These are all there is: whatever else is in the maps and sets of leases goes.
  static Transaction everything(Elements all) {
    Transaction transaction;
    transaction.afresh_ = true;
    transaction.additions_ = std::move(all);
    return transaction;
  }

  bool empty() const { return additions_.empty() && removals_.empty() && !afresh_; }
  bool afresh() const { return afresh_; }
  const Elements& additions() const { return additions_; }
  const Elements& removals() const { return removals_; }

 private:
  Elements additions_;
  Elements removals_;
  bool afresh_ = false;
};

}  // namespace rsip::steer
