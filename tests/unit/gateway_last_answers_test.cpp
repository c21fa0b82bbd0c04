// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include "gateway/last_answers.hpp"

namespace gateway_last_answers_test {

using namespace rsip;
using gateway::LastAnswers;
using Seen = LastAnswers::Seen;

TEST_CASE("last answers: duplicates, stale copies, wrapping counters") {
  LastAnswers answers(10);
  const Ipv4 host{1};
  CHECK(answers.check(host, 500, Counter{1}).seen == Seen::fresh);
  answers.remember(host, 500, Counter{7}, {1, 2, 3});
  const auto again = answers.check(host, 500, Counter{7});
  CHECK(again.seen == Seen::duplicate);
  CHECK(*again.answer == gateway::Bytes{1, 2, 3});
  CHECK(answers.check(host, 500, Counter{8}).seen == Seen::fresh);
  CHECK(answers.check(host, 500, Counter{6}).seen == Seen::stale);
  CHECK(answers.check(host, 501, Counter{7}).seen == Seen::fresh);
  CHECK(answers.check(Ipv4{2}, 500, Counter{7}).seen == Seen::fresh);
  answers.remember(host, 500, Counter{0xffffffff}, {});
  CHECK(answers.check(host, 500, Counter{1}).seen == Seen::fresh);
  CHECK(answers.check(host, 500, Counter{0xfffffffe}).seen == Seen::stale);
}

TEST_CASE("last answers: bounded, the longest silent goes first") {
  LastAnswers answers(2);
  answers.remember(Ipv4{1}, 9, Counter{1}, {1});
  answers.remember(Ipv4{2}, 9, Counter{1}, {2});
  answers.remember(Ipv4{1}, 9, Counter{2}, {1});
  answers.remember(Ipv4{3}, 9, Counter{1}, {3});
  CHECK(answers.check(Ipv4{1}, 9, Counter{2}).seen == Seen::duplicate);
  CHECK(answers.check(Ipv4{2}, 9, Counter{1}).seen == Seen::fresh);
  CHECK(answers.check(Ipv4{3}, 9, Counter{1}).seen == Seen::duplicate);
}

}  // namespace gateway_last_answers_test
