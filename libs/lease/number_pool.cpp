// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/number_pool.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <iterator>

namespace rsip::lease {

namespace {

/// How many free intervals to look at after the random place before asking for any that is long enough. Keeps the
/// choice random where the pool is not nearly full, and the cost constant where it is.
constexpr int neighbours = 8;

/// `count` numbers of `whole`, not before `from`, whose first is a multiple of `count` rounded up to a power of two.
/// Runs that keep to such places leave no gaps between them that are too short for the next.
std::optional<Interval> aligned(Interval whole, std::uint32_t from, std::uint32_t count) {
  const std::uint64_t step = std::bit_ceil(std::uint64_t{count});
  const std::uint64_t place = (from + step - 1) / step * step;
  if (place + count > std::uint64_t{whole.first} + whole.count) return std::nullopt;
  return Interval{static_cast<std::uint32_t>(place), count};
}

}  // namespace

NumberPool::NumberPool(std::uint32_t first, std::uint32_t last) : first_(first), last_(last) {
  assert(first <= last && last - first != UINT32_MAX);
  insert({first, last - first + 1});
}

void NumberPool::insert(Interval interval) {
  by_start_.emplace(interval.first, interval.count);
  by_length_.emplace(interval.count, interval.first);
  free_ += interval.count;
}

void NumberPool::erase(ByStart::iterator position) {
  by_length_.erase({position->second, position->first});
  free_ -= position->second;
  by_start_.erase(position);
}

void NumberPool::cut(ByStart::iterator from, Interval wanted) {
  const Interval whole{from->first, from->second};
  erase(from);
  if (wanted.first > whole.first) insert({whole.first, wanted.first - whole.first});
  const std::uint32_t after = whole.count - (wanted.first - whole.first) - wanted.count;
  if (after > 0) insert({wanted.first + wanted.count, after});
}

std::optional<Interval> NumberPool::take_run(std::uint32_t count, const Random& random) {
  assert(count > 0);
  if (by_length_.empty() || by_length_.rbegin()->first < count) return std::nullopt;

  const std::uint32_t start = first_ + random(last_ - first_ + 1);
  auto candidate = by_start_.upper_bound(start);
  if (candidate != by_start_.begin()) --candidate;
  std::uint32_t from = std::max(start, candidate->first);
  for (int i = 0; i < neighbours; ++i) {
    if (const auto place = aligned({candidate->first, candidate->second}, from, count)) {
      cut(candidate, *place);
      return place;
    }
    if (++candidate == by_start_.end()) candidate = by_start_.begin();
    from = candidate->first;
  }

  auto long_enough = by_length_.lower_bound({count, start});
  if (long_enough == by_length_.end()) long_enough = by_length_.lower_bound({count, 0});
  const Interval whole{long_enough->second, long_enough->first};
  const Interval taken = aligned(whole, whole.first, count).value_or(Interval{whole.first, count});
  cut(by_start_.find(whole.first), taken);
  return taken;
}

Interval NumberPool::longest() const {
  return {by_length_.rbegin()->second, by_length_.rbegin()->first};
}

std::vector<Interval> NumberPool::take_pieces(std::uint32_t count, const Random& random) {
  if (free_ < count) return {};
  std::vector<Interval> pieces;
  while (count > 0) {
    const std::uint32_t piece = std::min(count, longest().count);
    pieces.push_back(*take_run(piece, random));
    count -= piece;
  }
  return pieces;
}

bool NumberPool::take(Interval wanted) {
  if (wanted.count == 0 || !in_range(wanted)) return false;
  auto candidate = by_start_.upper_bound(wanted.first);
  if (candidate == by_start_.begin()) return false;
  --candidate;
  const std::uint32_t offset = wanted.first - candidate->first;
  if (offset >= candidate->second || candidate->second - offset < wanted.count) return false;
  cut(candidate, wanted);
  return true;
}

void NumberPool::release(Interval interval) {
  assert(in_range(interval));
  auto after = by_start_.upper_bound(interval.first);
  if (after != by_start_.begin()) {
    const auto before = std::prev(after);
    assert(before->second <= interval.first - before->first);
    if (before->first + before->second == interval.first) {
      interval = {before->first, before->second + interval.count};
      erase(before);
    }
  }
  if (after != by_start_.end()) {
    assert(after->first - interval.first >= interval.count);
    if (interval.first + interval.count == after->first) {
      interval.count += after->second;
      erase(after);
    }
  }
  insert(interval);
}

bool NumberPool::in_range(Interval interval) const {
  return interval.first >= first_ && interval.first <= last_ && interval.count <= last_ - interval.first + 1;
}

}  // namespace rsip::lease
