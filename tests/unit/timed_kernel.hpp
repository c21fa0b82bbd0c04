// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "lease/config.hpp"
#include "memory_kernel.hpp"

namespace rsip::test {

/// A kernel in memory whose elements end when their timeout is over, as the real one's do.
class TimedKernel : public MemoryKernel {
 public:
  Result<void> commit(const steer::Transaction& changes) override {
    if (Result<void> done = MemoryKernel::commit(changes); !done) return done;
    for (const steer::Element& element : changes.removals()) ends.erase(key(element));
    for (const steer::Element& element : changes.additions()) ends[key(element)] = now + element.timeout;
    return {};
  }

  void pass(std::chrono::milliseconds time) {
    now += time;
    std::erase_if(ends, [this](const auto& end) {
      if (end.second > now) return false;
      elements.erase(end.first);
      return true;
    });
  }

  /// Another one, in which all is as it is here.
  void copy_from(const TimedKernel& other) {
    elements = other.elements;
    tunnels = other.tunnels;
    announced = other.announced;
    last_index = other.last_index;
    now = other.now;
    ends = other.ends;
  }

  lease::Time now{};
  std::map<Key, lease::Time> ends;  ///< of the elements
};

}  // namespace rsip::test
