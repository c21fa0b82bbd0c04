// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace rsip::lease {

/// A uniform random number in [0, bound), bound > 0. Injected, so that tests can repeat a choice.
using Random = std::function<std::uint32_t(std::uint32_t bound)>;

/// Consecutive numbers, as the pool deals in them: ports or SPIs, host byte order.
struct Interval {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  friend constexpr auto operator<=>(const Interval&, const Interval&) = default;
};

/// The free numbers of a range. Every operation costs O(log n) in the number of free intervals, whatever is taken.
/// Kept as maximal intervals, by start and by length; both views always hold the same intervals.
class NumberPool {
 public:
  /// All of [first, last] is free.
  NumberPool(std::uint32_t first, std::uint32_t last);

  /// `count` consecutive numbers from a random place in the free space; nothing where no free interval is that long.
  /// They start at a multiple of `count` (rounded up to a power of two) where the place allows it.
  std::optional<Interval> take_run(std::uint32_t count, const Random& random);

  /// `count` numbers in as few intervals as possible: one where there is one, else the longest free ones.
  /// Nothing, and nothing taken, where fewer than `count` are free. `count` > 0.
  std::vector<Interval> take_pieces(std::uint32_t count, const Random& random);

  /// Exactly these numbers; false, and nothing taken, where one of them is not free.
  bool take(Interval wanted);

  /// Gives back what was taken.
  void release(Interval interval);

  bool in_range(Interval interval) const;
  std::uint64_t free() const { return free_; }

  using ByStart = std::map<std::uint32_t, std::uint32_t>;  ///< first -> count
  /// The free numbers, for tests that add up: maximal intervals, so no two of them touch.
  const ByStart& intervals() const { return by_start_; }

 private:
  void insert(Interval interval);
  void erase(ByStart::iterator position);
  void cut(ByStart::iterator from, Interval wanted);
  Interval longest() const;

  std::uint32_t first_;
  std::uint32_t last_;
  std::uint64_t free_ = 0;
  ByStart by_start_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> by_length_;  ///< {count, first}
};

}  // namespace rsip::lease
