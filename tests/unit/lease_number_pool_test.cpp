// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <random>
#include <set>

#include "lease/number_pool.hpp"

namespace lease_number_pool_test {

using rsip::lease::Interval;
using rsip::lease::NumberPool;
using rsip::lease::Random;

namespace {

Random seeded(std::uint32_t seed) {
  return [generator = std::mt19937(seed)](std::uint32_t bound) mutable {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(generator);
  };
}

}  // namespace

TEST_CASE("number pool: everything can be taken, and nothing more") {
  NumberPool pool(1000, 1015);
  const Random random = seeded(1);
  CHECK(pool.free() == 16);
  for (int i = 0; i < 4; ++i) CHECK(pool.take_pieces(4, random).size() >= 1);
  CHECK(pool.free() == 0);
  CHECK_FALSE(pool.take_run(1, random));
  CHECK(pool.take_pieces(1, random).empty());
}

TEST_CASE("number pool: a run is contiguous and within the range") {
  const Random random = seeded(2);
  for (int i = 0; i < 1000; ++i) {
    NumberPool pool(0xfffffff0, 0xffffffff);
    const auto run = pool.take_run(16, random);
    REQUIRE(run);
    CHECK(*run == Interval{0xfffffff0, 16});
  }
}

TEST_CASE("number pool: pieces where there is no run") {
  NumberPool pool(1, 5);
  CHECK(pool.take({2, 1}));
  CHECK(pool.take({4, 1}));
  const Random random = seeded(3);
  CHECK_FALSE(pool.take_run(2, random));
  CHECK(pool.take_pieces(4, random).empty());
  CHECK(pool.free() == 3);
  const auto pieces = pool.take_pieces(3, random);
  CHECK(std::set<Interval>(pieces.begin(), pieces.end()) == std::set<Interval>{{1, 1}, {3, 1}, {5, 1}});
}

TEST_CASE("number pool: particular numbers") {
  NumberPool pool(100, 199);
  CHECK(pool.take({150, 10}));
  CHECK_FALSE(pool.take({159, 1}));
  CHECK_FALSE(pool.take({145, 6}));
  CHECK(pool.take({140, 10}));
  CHECK(pool.take({160, 40}));
  CHECK_FALSE(pool.take({199, 2}));
  CHECK_FALSE(pool.take({99, 1}));
  CHECK_FALSE(pool.take({200, 1}));
  CHECK_FALSE(pool.take({120, 0}));
  pool.release({150, 10});
  CHECK(pool.take({155, 5}));
}

TEST_CASE("number pool: the choice is spread over the free space") {
  const Random random = seeded(4);
  std::set<std::uint32_t> starts;
  for (int i = 0; i < 200; ++i) {
    NumberPool pool(0x10000000, 0x1fffffff);
    starts.insert(pool.take_run(16, random)->first);
  }
  CHECK(starts.size() > 190);
}

TEST_CASE("number pool: agrees with a plain set of numbers, whatever happens to it") {
  constexpr std::uint32_t first = 500;
  constexpr std::uint32_t last = 700;
  const Random random = seeded(5);
  NumberPool pool(first, last);
  std::set<std::uint32_t> free;
  for (std::uint32_t i = first; i <= last; ++i) free.insert(free.end(), i);
  std::vector<Interval> taken;

  const auto occupy = [&](Interval interval) {
    for (std::uint32_t i = 0; i < interval.count; ++i) REQUIRE(free.erase(interval.first + i) == 1);
    taken.push_back(interval);
  };
  const auto longest_run = [&] {
    std::uint32_t longest = 0;
    std::uint32_t length = 0;
    for (std::uint32_t i = first; i <= last; ++i) {
      length = free.contains(i) ? length + 1 : 0;
      longest = std::max(longest, length);
    }
    return longest;
  };

  for (int step = 0; step < 20000; ++step) {
    const std::uint32_t count = 1 + random(12);
    switch (random(4)) {
      case 0: {
        const bool possible = longest_run() >= count;
        const auto run = pool.take_run(count, random);
        REQUIRE(run.has_value() == possible);
        if (run) occupy(*run);
        break;
      }
      case 1: {
        const bool possible = free.size() >= count;
        const auto pieces = pool.take_pieces(count, random);
        REQUIRE(pieces.empty() != possible);
        std::uint32_t sum = 0;
        for (const Interval& piece : pieces) sum += piece.count;
        if (possible) REQUIRE(sum == count);
        for (const Interval& piece : pieces) occupy(piece);
        break;
      }
      case 2: {
        const Interval wanted{first + random(last - first + 1), count};
        bool possible = wanted.first + count - 1 <= last;
        for (std::uint32_t i = 0; i < count; ++i) possible = possible && free.contains(wanted.first + i);
        REQUIRE(pool.take(wanted) == possible);
        if (possible) occupy(wanted);
        break;
      }
      default: {
        if (taken.empty()) break;
        const std::uint32_t which = random(static_cast<std::uint32_t>(taken.size()));
        const Interval back = taken[which];
        taken.erase(taken.begin() + which);
        pool.release(back);
        for (std::uint32_t i = 0; i < back.count; ++i) free.insert(back.first + i);
        break;
      }
    }
    REQUIRE(pool.free() == free.size());
  }
}

}  // namespace lease_number_pool_test
