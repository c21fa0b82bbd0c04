// SPDX-License-Identifier: GPL-2.0-or-later
// A gateway over a kernel in memory, and what hosts say to it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <random>

#include "gateway/gateway.hpp"
#include "ike_packet.hpp"
#include "memory_kernel.hpp"
#include "wire/codec.hpp"

namespace rsip::test {

using gateway::Gateway;
using gateway::Peer;
using gateway::Transport;

inline constexpr Ipv4 na{0x0a000001};
inline constexpr Ipv4 nb{0xc6336401};
inline constexpr Ipv4 x1{0x0a00000b};
inline constexpr Ipv4 x2{0x0a00000c};

inline lease::Random seeded() {
  return [generator = std::mt19937(11)](std::uint32_t bound) mutable {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(generator);
  };
}

struct Realm {
  explicit Realm(gateway::Policy policy = {}, lease::Config config = {}) {
    config.pool = {nb};
    config.lease = LeaseTime{100};
    config.registration_lease = LeaseTime{300};
    gateway = std::make_unique<Gateway>(std::move(policy), std::move(config), seeded(), kernel);
  }

  template <typename Response = wire::Message>
  Response ask(Ipv4 host, const wire::Message& request, Ipv4 at = na) {
    const auto bytes = gateway->handle({host, 1234, at, Transport::tcp}, wire::encode(request), now);
    REQUIRE(bytes);
    auto decoded = wire::decode(*bytes);
    REQUIRE(decoded);
    if constexpr (std::is_same_v<Response, wire::Message>) {
      return *decoded;
    } else {
      REQUIRE(std::holds_alternative<Response>(*decoded));
      return std::get<Response>(*decoded);
    }
  }

  wire::ErrorResponse refused(Ipv4 host, const wire::Message& request) {
    return ask<wire::ErrorResponse>(host, request);
  }

  ClientId enroll(Ipv4 host) { return ask<wire::RegisterResponse>(host, wire::RegisterRequest{}).client; }

  void remove_idle_tunnels() {
    while (gateway->has_idle_tunnels()) gateway->remove_idle_tunnel();
  }

  MemoryKernel kernel;
  std::unique_ptr<Gateway> gateway;
  lease::Time now{};
};

inline wire::AssignRequestRsipsec rsipsec(ClientId client, wire::Ports ports, wire::Spis spis) {
  wire::AssignRequestRsipsec request;
  request.client = client;
  request.local_ports = std::move(ports);
  request.spis = std::move(spis);
  return request;
}

inline wire::AssignRequestRsapIp rsap(ClientId client, wire::Ports ports) {
  wire::AssignRequestRsapIp request;
  request.client = client;
  request.local_ports = std::move(ports);
  return request;
}

inline wire::FreeRequest free_request(ClientId client, BindId bind) {
  wire::FreeRequest request;
  request.client = client;
  request.bind = bind;
  return request;
}

inline wire::ExtendRequest extend_request(ClientId client, BindId bind, std::optional<LeaseTime> lease) {
  wire::ExtendRequest request;
  request.client = client;
  request.bind = bind;
  request.lease = lease;
  return request;
}

inline wire::DeregisterRequest deregister(ClientId client) {
  wire::DeregisterRequest request;
  request.client = client;
  return request;
}

/// The first IKE packet from port 500 with this initiator cookie.
inline std::vector<std::uint8_t> ike(Ipv4 source, std::uint64_t cookie, std::uint16_t port = 500,
                                     Ipv4 destination = {}) {
  return ike_packet(source, destination, Cookie{cookie}, port);
}

}  // namespace rsip::test
