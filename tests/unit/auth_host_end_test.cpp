// SPDX-License-Identifier: GPL-2.0-or-later
// The host's side of authentication.
#include <doctest/doctest.h>

#include "auth/host_end.hpp"
#include "hex.hpp"

namespace auth_host_end_test {

using namespace rsip;
using namespace rsip::auth;
using namespace std::chrono_literals;

namespace {

constexpr Ends ends{Ipv4{0x0a00000b}, Ipv4{0x0a000001}};
const Bytes request = test::from_hex("0102000b 0b000400000001");
const Bytes answer = test::from_hex("0101000900 08000200cf");
const Bytes notice = test::from_hex("0101000900 0800020065");

/// A host, and a gateway that answers whatever it is asked.
struct Pair {
  Stamp ask() { return *verify(host.seal_request(request, now), Kind::request, ends, key); }
  Bytes answer_to(Stamp stamp) const { return seal(answer, Kind::answer, ends, stamp, key); }
  Bytes notice_at(Stamp stamp) const { return seal(notice, Kind::notice, ends, stamp, key); }
  bool accepts(const Bytes& message) { return host.accepts(message, now); }

  Key key = *parse_key("a secret of two ends");
  HostEnd host{key, ends};
  Stamp now{1'795'000'000s};
};

}  // namespace

TEST_CASE("host: stamps are the clock's, and each is newer than the one before") {
  Pair pair;
  CHECK(pair.ask() == pair.now);
  CHECK(pair.ask() == pair.now + 1us);
  pair.now -= 2s;  // a clock that is set back a little
  CHECK(pair.ask() == pair.now + 2s + 2us);
  pair.now += 1min;
  CHECK(pair.ask() == pair.now);
  pair.now -= 1h;  // no gateway with the right time has accepted those
  CHECK(pair.ask() == pair.now);
}

TEST_CASE("host: an answer has the stamp of a request, and is accepted once") {
  Pair pair;
  CHECK_FALSE(pair.accepts(pair.answer_to(pair.now)));  // nothing was asked
  const Stamp first = pair.ask();
  CHECK_FALSE(pair.accepts(answer));
  CHECK_FALSE(pair.accepts(pair.answer_to(first - 1us)));  // from an earlier run
  CHECK_FALSE(pair.accepts(pair.answer_to(first + 1us)));
  CHECK_FALSE(pair.accepts(pair.host.seal_request(request, pair.now)));
  CHECK(pair.accepts(pair.answer_to(first)));
  CHECK_FALSE(pair.accepts(pair.answer_to(first)));
}

TEST_CASE("host: a retransmission may be answered by either stamp") {
  Pair pair;
  const Stamp first = pair.ask();
  pair.now += 12ms;
  const Stamp second = pair.ask();
  CHECK(pair.accepts(pair.answer_to(first)));
  CHECK(pair.accepts(pair.answer_to(second)));
  const Stamp third = pair.ask();
  CHECK(pair.accepts(pair.answer_to(third)));
  CHECK_FALSE(pair.accepts(pair.answer_to(second)));
}

TEST_CASE("host: answers from before the clock was set back are not accepted") {
  Pair pair;
  const Stamp before = pair.ask();
  pair.now -= 1h;
  const Stamp after = pair.ask();
  CHECK_FALSE(pair.accepts(pair.answer_to(before)));
  CHECK_FALSE(pair.accepts(pair.answer_to(after - 1us)));
  CHECK(pair.accepts(pair.answer_to(after)));
}

TEST_CASE("host: a notice is timely and newer than the one before") {
  Pair pair;
  CHECK_FALSE(pair.accepts(notice));
  CHECK_FALSE(pair.accepts(pair.notice_at(pair.now - window - 1us)));
  CHECK_FALSE(pair.accepts(pair.notice_at(pair.now + window + 1us)));
  CHECK(pair.accepts(pair.notice_at(pair.now - 1s)));
  CHECK_FALSE(pair.accepts(pair.notice_at(pair.now - 1s)));
  CHECK_FALSE(pair.accepts(pair.notice_at(pair.now - 2s)));
  CHECK(pair.accepts(pair.notice_at(pair.now)));
}

}  // namespace auth_host_end_test
