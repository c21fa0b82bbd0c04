// SPDX-License-Identifier: GPL-2.0-or-later
// A session, a clock that the test turns, and the answers of a gateway that the test makes up.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "host/remedy.hpp"
#include "host/session.hpp"
#include "wire/codec.hpp"

namespace host_session {

using namespace rsip;
using namespace rsip::host;
using namespace std::chrono_literals;
using wire::ErrorCode;
using wire::MessageType;

inline constexpr ClientId client{7};
inline constexpr BindId binding{3};
inline const Ipv4 address = *parse_ipv4("198.51.100.1");
inline constexpr Run<Port> ports{Port{40000}, 8};
inline constexpr Run<Spi> spis{Spi{0x10000010}, 16};

/// A session and what it did since last looked at.
struct Fixture {
  explicit Fixture(Protocol protocol = Protocol::tcp, Wish wish = {}) : session(protocol, wish, 0) {}

  Session session;
  TimePoint now = TimePoint(1000s);
  Actions actions;

  void did(Actions more) { actions = std::move(more); }
  void start() { did(session.start(now)); }
  void receive(const wire::Message& message) { did(session.received(wire::encode(message), now)); }
  /// Goes to the next deadline.
  void sleep() {
    REQUIRE(session.deadline().has_value());
    now = std::max(now, *session.deadline());
    did(session.tick(now));
  }

  template <typename Kind>
  const Kind* last() const {
    const Kind* found = nullptr;
    for (const Action& action : actions) {
      if (const auto* one = std::get_if<Kind>(&action)) found = one;
    }
    return found;
  }
  template <typename Kind>
  bool has() const {
    return last<Kind>() != nullptr;
  }
  /// The one request sent.
  template <typename Request>
  Request sent() const {
    const auto* transmit = last<Transmit>();
    REQUIRE(transmit != nullptr);
    const auto message = wire::decode(transmit->bytes);
    REQUIRE(message.has_value());
    REQUIRE(std::holds_alternative<Request>(*message));
    return std::get<Request>(*message);
  }
  template <typename Reason>
  Reason ended() const {
    const auto* end = last<Ended>();
    REQUIRE(end != nullptr);
    REQUIRE(std::holds_alternative<Reason>(end->reason));
    return std::get<Reason>(end->reason);
  }

  void register_ok(ClientId id = client) {
    sent<wire::RegisterRequest>();
    wire::RegisterResponse response;
    response.client = id;
    response.lease = LeaseTime(3600);
    receive(response);
  }
  void up() {
    start();
    register_ok();
    sent<wire::AssignRequestRsipsec>();
    receive(assigned());
    REQUIRE(has<Granted>());
  }

  /// Up, then the renewal gets `code`, then registered anew as client 8: the next request is sent.
  void lose_state(ErrorCode code);

  static wire::AssignResponseRsipsec assigned(ClientId id = client, BindId bind_id = binding) {
    wire::AssignResponseRsipsec response;
    response.client = id;
    response.bind = bind_id;
    response.local = address;
    response.local_ports = ports;
    response.remote = wire::AnyAddress{};
    response.remote_ports = wire::AnyPorts{};
    response.spis = spis;
    response.lease = LeaseTime(100);
    return response;
  }
};

inline wire::ErrorResponse error(ErrorCode code, std::optional<ClientId> id = {}) {
  wire::ErrorResponse response;
  response.error = code;
  response.client = id;
  return response;
}

inline void Fixture::lose_state(ErrorCode code) {
  up();
  sleep();
  receive(error(code));
  CHECK_FALSE(has<Withdraw>());
  CHECK(sent<wire::DeregisterRequest>().client == client);
  receive(error(ErrorCode::register_first));
  register_ok(ClientId{8});
}

inline wire::ExtendResponse extended(std::uint32_t seconds, BindId bind = binding) {
  wire::ExtendResponse response;
  response.client = client;
  response.bind = bind;
  response.lease = LeaseTime(seconds);
  return response;
}

template <typename Response>
Response for_us() {
  Response response;
  response.client = client;
  return response;
}

inline wire::FreeResponse freed(BindId id = binding) {
  auto response = for_us<wire::FreeResponse>();
  response.bind = id;
  return response;
}

}  // namespace host_session
