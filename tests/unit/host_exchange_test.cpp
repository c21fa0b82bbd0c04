// SPDX-License-Identifier: GPL-2.0-or-later
// Counters, timeouts and retransmissions (RFC 3103 sections 5 and 10.1) on a clock that the test turns.
#include <doctest/doctest.h>

#include "host/exchange.hpp"
#include "wire/codec.hpp"

namespace host_exchange_test {

using namespace rsip;
using namespace rsip::host;
using namespace std::chrono_literals;

namespace {

const TimePoint zero{};

Counter counter_of(const std::vector<std::uint8_t>& bytes) {
  const auto message = wire::decode(bytes);
  REQUIRE(message.has_value());
  return std::visit([](const wire::Common& common) { return common.counter.value_or(Counter{0}); }, *message);
}

wire::ExtendRequest extend(std::uint32_t bind) {
  wire::ExtendRequest request;
  request.bind = BindId{bind};
  return request;
}

template <typename Response>
Response with_counter(std::uint32_t counter) {
  Response response;
  response.counter = Counter{counter};
  return response;
}

wire::ErrorResponse error(wire::ErrorCode code, std::optional<Counter> counter = {}) {
  wire::ErrorResponse response;
  response.error = code;
  response.counter = counter;
  return response;
}

}  // namespace

TEST_CASE("UDP: seven attempts, 12.5 ms and doubling, then given up") {
  Exchange exchange(Protocol::udp);
  exchange.begin(wire::RegisterRequest{}, zero);
  const std::vector<std::uint8_t> first = exchange.outgoing();
  TimePoint now = zero;
  std::chrono::nanoseconds timeout = 12500us;
  for (int repetition = 1; repetition <= 6; ++repetition) {
    CHECK(exchange.deadline() == now + timeout);
    CHECK(exchange.tick(now + timeout - 1ns) == Due::nothing);
    now += timeout;
    CHECK(exchange.tick(now) == Due::retransmit);
    CHECK(exchange.outgoing() == first);
    timeout *= 2;
  }
  now += timeout;
  CHECK(now == zero + 1587500us);
  CHECK(exchange.tick(now) == Due::gave_up);
  CHECK_FALSE(exchange.under_way());
  CHECK_FALSE(exchange.deadline().has_value());
}

TEST_CASE("UDP: counters start at 1 and grow with each answer") {
  Exchange exchange(Protocol::udp);
  exchange.begin(wire::RegisterRequest{}, zero);
  CHECK(counter_of(exchange.outgoing()) == Counter{1});
  CHECK(exchange.arrived(with_counter<wire::RegisterResponse>(1), zero) == Arrival::answer);
  exchange.begin(extend(1), zero);
  CHECK(counter_of(exchange.outgoing()) == Counter{2});
}

TEST_CASE("UDP: only the request's own counter is an answer, 0 is asynchronous") {
  Exchange exchange(Protocol::udp);
  exchange.begin(wire::RegisterRequest{}, zero);
  CHECK(exchange.arrived(with_counter<wire::RegisterResponse>(2), zero) == Arrival::ignored);
  CHECK(exchange.arrived(wire::RegisterResponse{}, zero) == Arrival::ignored);
  CHECK(exchange.arrived(with_counter<wire::DeregisterResponse>(0), zero) == Arrival::asynchronous);
  CHECK(exchange.under_way());
  CHECK(exchange.arrived(with_counter<wire::RegisterResponse>(1), zero) == Arrival::answer);
  CHECK_FALSE(exchange.under_way());
  CHECK(exchange.arrived(with_counter<wire::RegisterResponse>(1), zero) == Arrival::ignored);
}

TEST_CASE("UDP: a request that got no answer leaves its counter to the next one") {
  Exchange exchange(Protocol::udp);
  exchange.begin(extend(1), zero);
  TimePoint now = zero;
  while (exchange.under_way()) {
    now = *exchange.deadline();
    exchange.tick(now);
  }
  SUBCASE("repeated, it counts from when it was first sent") {
    exchange.begin(extend(1), now + 1s);
    CHECK(counter_of(exchange.outgoing()) == Counter{1});
    CHECK(exchange.first_sent() == zero);
    CHECK(exchange.arrived(with_counter<wire::ExtendResponse>(1), now + 1s) == Arrival::answer);
  }
  SUBCASE("another one that is taken for its duplicate goes out again with the next counter") {
    exchange.begin(wire::DeregisterRequest{}, now + 1s);
    CHECK(counter_of(exchange.outgoing()) == Counter{1});
    CHECK(exchange.arrived(with_counter<wire::ExtendResponse>(1), now + 2s) == Arrival::stale);
    CHECK(counter_of(exchange.outgoing()) == Counter{2});
    CHECK(exchange.first_sent() == now + 2s);
    CHECK(exchange.arrived(with_counter<wire::ExtendResponse>(1), now + 2s) == Arrival::ignored);
    CHECK(exchange.arrived(with_counter<wire::DeregisterResponse>(2), now + 2s) == Arrival::answer);
  }
  SUBCASE("an answer that comes too late is not used, but uses the counter up") {
    CHECK(exchange.arrived(with_counter<wire::ExtendResponse>(1), now + 1s) == Arrival::ignored);
    exchange.begin(extend(1), now + 2s);
    CHECK(counter_of(exchange.outgoing()) == Counter{2});
    CHECK(exchange.first_sent() == now + 2s);
  }
}

TEST_CASE("UDP: the counter after the largest is 1") {
  CHECK(next_counter(1) == 2);
  CHECK(next_counter(UINT32_MAX - 1) == UINT32_MAX);
  CHECK(next_counter(UINT32_MAX) == 1);
}

TEST_CASE("TCP: no counter, one attempt, ten seconds") {
  Exchange exchange(Protocol::tcp);
  exchange.begin(wire::RegisterRequest{}, zero);
  CHECK(counter_of(exchange.outgoing()) == Counter{0});
  CHECK(exchange.deadline() == zero + 10s);
  CHECK(exchange.tick(zero + 10s) == Due::gave_up);
}

TEST_CASE("TCP: what does not fit the request is asynchronous") {
  Exchange exchange(Protocol::tcp);
  CHECK(exchange.arrived(wire::FreeResponse{}, zero) == Arrival::asynchronous);
  exchange.begin(extend(1), zero);
  CHECK(exchange.arrived(wire::DeregisterResponse{}, zero) == Arrival::asynchronous);
  CHECK(exchange.arrived(error(wire::ErrorCode::local_addrport_unallowed), zero) == Arrival::asynchronous);
  CHECK(exchange.arrived(error(wire::ErrorCode::bad_bind_id, Counter{0}), zero) == Arrival::asynchronous);
  CHECK(exchange.arrived(error(wire::ErrorCode::bad_bind_id), zero) == Arrival::answer);
}

TEST_CASE("TCP: an assignment may be refused for the address or the ports") {
  Exchange exchange(Protocol::tcp);
  exchange.begin(wire::AssignRequestRsapIp{}, zero);
  CHECK(exchange.arrived(error(wire::ErrorCode::local_addrport_unallowed), zero) == Arrival::answer);
}

}  // namespace host_exchange_test
