// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/heal_pace.hpp"

#include <doctest/doctest.h>

namespace heal_pace_test {

using namespace rsip;
using namespace std::chrono_literals;

TEST_CASE("heal pace: at once, now and then") {
  HealPace pace;
  lease::Time now = lease::Time{} + 1h;
  for (int i = 0; i < 100; ++i) {
    CHECK(pace.wait(now) == 0s);
    pace.mended(now, 5ms);
    now += 1s;
  }
  CHECK(pace.wait(now) == 0s);
  pace.mended(now, 900ms);
  CHECK(pace.wait(now) == 0s);
}

TEST_CASE("heal pace: who always undoes what was mended is not followed for ever") {
  HealPace pace;
  lease::Time now = lease::Time{} + 1h;
  const lease::Time start = now;
  int mended = 0;
  while (now < start + 100s) {
    now += pace.wait(now) + 1ms;
    pace.mended(now, 5ms);
    ++mended;
  }
  CHECK(mended > 700);  // a burst of 500, and a twentieth of the time
  CHECK(mended < 770);
}

TEST_CASE("heal pace: however long one takes, the next is not far") {
  HealPace pace;
  const lease::Time now = lease::Time{} + 1h;
  pace.mended(now, 30s);
  CHECK(pace.wait(now) == HealPace::longest_wait);
  CHECK(pace.wait(now + 10min) == 0s);
}

}  // namespace heal_pace_test
