// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "server/turns.hpp"

namespace server_turns_test {

using namespace rsip;
using namespace std::chrono_literals;
using gateway::Transport;
using server::Turns;
using Offered = Turns::Offered;

namespace {

constexpr Ipv4 x1{0x0a00000b};
constexpr Ipv4 x2{0x0a00000c};
constexpr Ipv4 x3{0x0a00000d};

/// Turns, a clock, and who was served what, in this order.
struct Desk {
  explicit Desk(const server::Limits& limits = {}) : turns(limits) {}

  Offered udp(Ipv4 host, std::uint8_t message, std::uint16_t port = 1000) {
    return turns.offer(host, {host, port, {}, Transport::udp}, gateway::Bytes{message}, {}, now);
  }
  Offered tcp(Ipv4 host, std::uint8_t message) {
    return turns.offer(host, {host, 2000, {}, Transport::tcp}, gateway::Bytes{message}, {}, now);
  }

  /// "11:5" is the host's last octet and its message; empty where nobody has a turn.
  std::string begin() {
    const Turns::Request* request = turns.next(now);
    if (request == nullptr) return "";
    last = request->account;
    return std::to_string(request->peer.host.value & 0xff) + ":" + std::to_string(request->message.at(0));
  }
  std::string serve() {
    std::string served = begin();
    if (!served.empty()) (void)turns.finish(last, now);
    return served;
  }
  std::string serve_all() {
    std::string all;
    for (std::string one = serve(); !one.empty(); one = serve()) all += (all.empty() ? "" : " ") + one;
    return all;
  }

  Turns turns;
  Turns::Time now{1h};
  Ipv4 last;
};

server::Limits limits_with(std::uint32_t rate) {
  server::Limits limits;
  limits.rate = rate;
  return limits;
}

}  // namespace

TEST_CASE("turns: round robin among hosts, in order for each") {
  Desk desk;
  for (std::uint8_t i = 1; i <= 5; ++i) CHECK(desk.udp(x1, i) == Offered::queued);
  CHECK(desk.udp(x2, 1) == Offered::queued);
  CHECK(desk.tcp(x3, 1) == Offered::queued);
  CHECK(desk.udp(x2, 2) == Offered::queued);
  CHECK(desk.serve_all() == "11:1 12:1 13:1 11:2 12:2 11:3 11:4 11:5");
  CHECK_FALSE(desk.turns.next_at());
}

TEST_CASE("turns: a host that keeps its queue full has every second turn, no more") {
  Desk desk(limits_with(1000000));
  std::map<std::string, int> served;
  for (int i = 0; i < 1000; ++i) {
    for (std::uint8_t flood = 0; flood < 20; ++flood) (void)desk.udp(x1, flood);
    (void)desk.udp(x2, 1);
    ++served[desk.serve().substr(0, 2)];
    desk.now += 1ms;
  }
  CHECK(served["11"] == 500);
  CHECK(served["12"] == 500);
}

TEST_CASE("turns: who waits for an answer keeps only itself waiting, and is not overtaken by its own") {
  Desk desk;
  (void)desk.udp(x1, 1);
  (void)desk.udp(x1, 2);
  (void)desk.udp(x2, 1);
  CHECK(desk.begin() == "11:1");
  const Ipv4 waiting = desk.last;
  CHECK(desk.serve_all() == "12:1");
  CHECK_FALSE(desk.turns.next_at());
  (void)desk.udp(x1, 3);
  CHECK(desk.serve_all().empty());
  (void)desk.turns.finish(waiting, desk.now);
  CHECK(desk.serve_all() == "11:2 11:3");
}

TEST_CASE("turns: the reply that comes back is the request's own") {
  Turns turns{server::Limits{}};
  const Turns::Time now{1h};
  int called = 0;
  const auto reply = [&called](int which) {
    return [&called, which](const std::optional<gateway::Bytes>&) { called = which; };
  };
  (void)turns.offer(x1, {x1, 1, {}, Transport::tcp}, gateway::Bytes{1}, reply(1), now);
  (void)turns.offer(x1, {x1, 1, {}, Transport::tcp}, gateway::Bytes{2}, reply(2), now);
  REQUIRE(turns.next(now) != nullptr);
  turns.finish(x1, now)(std::nullopt);
  CHECK(called == 1);
  REQUIRE(turns.next(now) != nullptr);
  turns.finish(x1, now)(std::nullopt);
  CHECK(called == 2);
}

TEST_CASE("turns: a retransmission of what still waits or is being served is not queued") {
  Desk desk;
  CHECK(desk.udp(x1, 1) == Offered::queued);
  CHECK(desk.udp(x1, 1) == Offered::repeated);
  CHECK(desk.udp(x1, 1, 1001) == Offered::queued);  // another program on the host
  CHECK(desk.udp(x2, 1) == Offered::queued);
  CHECK(desk.begin() == "11:1");
  CHECK(desk.udp(x1, 1) == Offered::repeated);
  (void)desk.turns.finish(desk.last, desk.now);
  CHECK(desk.udp(x1, 1) == Offered::queued);  // its answer was lost, perhaps
  CHECK(desk.tcp(x1, 1) == Offered::queued);
  CHECK(desk.tcp(x1, 1) == Offered::queued);  // TCP repeats nothing
}

TEST_CASE("turns: above the rate datagrams are dropped, and the rest of the burst is there after silence") {
  Desk desk(limits_with(100));
  int queued = 0;
  for (int i = 0; i < 1000; ++i) {
    queued += desk.udp(x1, 1) == Offered::queued;
    (void)desk.serve();
  }
  CHECK(queued == 200);
  CHECK(desk.udp(x1, 1) == Offered::above_rate);
  CHECK(desk.udp(x2, 1) == Offered::queued);
  desk.now += 10ms;
  CHECK(desk.udp(x1, 1) == Offered::queued);
  (void)desk.serve_all();
  CHECK(desk.udp(x1, 1) == Offered::above_rate);

  queued = 0;
  for (int i = 0; i < 10000; ++i) {  // ten seconds of 1,000 requests each
    desk.now += 1ms;
    queued += desk.udp(x1, 1) == Offered::queued;
    (void)desk.serve();
  }
  CHECK(queued == 1000);

  desk.now += 1h;
  queued = 0;
  for (int i = 0; i < 1000; ++i) {
    queued += desk.udp(x1, 1) == Offered::queued;
    (void)desk.serve();
  }
  CHECK(queued == 200);
}

TEST_CASE("turns: above the rate connections wait, and delay no other host") {
  Desk desk(limits_with(10));
  for (int i = 0; i < 20; ++i) {
    CHECK(desk.tcp(x1, 0) == Offered::queued);
    CHECK(desk.serve() == "11:0");
  }
  CHECK(desk.tcp(x1, 1) == Offered::queued);
  CHECK(desk.tcp(x1, 2) == Offered::queued);
  CHECK(desk.serve().empty());
  CHECK(desk.turns.next_at() == desk.now + 100ms);
  CHECK(desk.tcp(x2, 1) == Offered::queued);
  CHECK(desk.serve_all() == "12:1");
  CHECK(desk.udp(x1, 3) == Offered::above_rate);
  desk.now += 99ms;
  CHECK(desk.serve().empty());
  desk.now += 1ms;
  CHECK(desk.serve_all() == "11:1");
  desk.now += 100ms;
  CHECK(desk.serve_all() == "11:2");
}

TEST_CASE("turns: a host's queue is bounded, for datagrams and for connections") {
  Desk desk;
  int datagrams = 0;
  int streams = 0;
  for (std::uint8_t i = 0; i < 100; ++i) {
    datagrams += desk.udp(x1, i) == Offered::queued;
    streams += desk.tcp(x1, i) == Offered::queued;
  }
  CHECK(datagrams == 8);
  CHECK(streams == 8);
  CHECK(desk.udp(x1, 200) == Offered::no_room);
  CHECK(desk.udp(x2, 1) == Offered::queued);
  (void)desk.serve_all();
  CHECK(desk.udp(x1, 200) == Offered::queued);
}

TEST_CASE("turns: what refused requests would have cost is not charged") {
  Desk desk(limits_with(10));
  for (std::uint8_t i = 0; i < 200; ++i) (void)desk.udp(x1, i);  // 8 are queued
  (void)desk.serve_all();
  int queued = 0;
  for (int i = 0; i < 100; ++i) {
    queued += desk.udp(x1, 1) == Offered::queued;
    (void)desk.serve();
  }
  CHECK(queued == 12);
}

TEST_CASE("turns: the bytes of all waiting datagrams are bounded") {
  server::Limits limits;
  limits.max_datagram_bytes = 10;
  Desk desk(limits);
  for (std::uint32_t host = 1; host <= 10; ++host) CHECK(desk.udp(Ipv4{host}, 1) == Offered::queued);
  CHECK(desk.udp(x1, 1) == Offered::no_room);
  CHECK(desk.tcp(x1, 1) == Offered::queued);  // bounded by the connections that there may be
  (void)desk.serve();
  CHECK(desk.udp(x1, 2) == Offered::queued);
  CHECK(desk.udp(x2, 2) == Offered::no_room);
}

TEST_CASE("turns: hosts whose bucket is full again are forgotten") {
  Desk desk(limits_with(10));
  for (std::uint32_t host = 1; host <= 1000; ++host) {
    (void)desk.udp(Ipv4{host}, 1);
    (void)desk.serve();
  }
  CHECK(desk.turns.remembered_hosts() == 1000);
  desk.now += 1s;
  for (int i = 0; i < 600; ++i) {
    (void)desk.udp(x1, 1);
    (void)desk.serve();
    desk.now += 100ms;
  }
  CHECK(desk.turns.remembered_hosts() == 1);
}

TEST_CASE("turns: the memory of hosts is bounded, and one that waits is not forgotten") {
  server::Limits limits;
  limits.max_remembered_hosts = 10;
  Desk desk(limits);
  for (std::uint32_t host = 1; host <= 10; ++host) (void)desk.udp(Ipv4{host}, 1);
  CHECK(desk.udp(x1, 1) == Offered::no_room);
  CHECK(desk.serve() == "1:1");
  CHECK(desk.udp(x1, 1) == Offered::queued);
  CHECK(desk.udp(x2, 1) == Offered::no_room);
  CHECK(desk.serve_all() == "2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1 11:1");
  for (std::uint32_t host = 1000; host < 2000; ++host) {
    CHECK(desk.udp(Ipv4{host}, 1) == Offered::queued);
    (void)desk.serve();
  }
  CHECK(desk.turns.remembered_hosts() == 10);
}

TEST_CASE("turns: hosts that share an account share its queue and its rate") {
  Turns turns{server::Limits{}};
  const Turns::Time now{1h};
  int queued = 0;
  for (std::uint32_t host = 1; host <= 100; ++host) {
    const gateway::Peer peer{Ipv4{host}, 1, {}, Transport::udp};
    queued += turns.offer({}, peer, gateway::Bytes{1}, {}, now) == Offered::queued;
  }
  CHECK(queued == 8);
  CHECK(turns.offer(x1, {x1, 1, {}, Transport::udp}, gateway::Bytes{1}, {}, now) == Offered::queued);
  REQUIRE(turns.next(now) != nullptr);
  CHECK(turns.next(now)->account == x1);
  CHECK(turns.next(now) == nullptr);
}

}  // namespace server_turns_test
