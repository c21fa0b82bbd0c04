// SPDX-License-Identifier: GPL-2.0-or-later
#include "realm.hpp"

#include <unistd.h>

#include <chrono>
#include <random>
#include <stdexcept>

namespace rsip::test {

namespace {

lease::Config config() {
  lease::Config config;
  config.pool = {Ipv4{0xc6336401}};
  return config;
}

lease::Random seeded() {
  return [generator = std::mt19937(11)](std::uint32_t bound) mutable {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(generator);
  };
}

}  // namespace

Ipv4 address(std::uint8_t n) {
  const auto process = static_cast<std::uint32_t>(::getpid());
  return Ipv4{0x7f800000U | ((process & 0x7fff) << 8) | n};
}

Realm::Realm(const server::Limits& limits, gateway::Policy policy, Handle handle)
    : policy_(std::move(policy)),
      gateway_(policy_, config(), seeded(), kernel_),
      server_(
          loop_, limits,
          {.may_register = [this](Ipv4 host) { return policy_.may_register(host); },
           .is_registered = [this](Ipv4 host) { return gateway_.is_registered(host); }},
          handle ? std::move(handle)
                 : [this](const gateway::Peer& peer, std::span<const std::uint8_t> message,
                          const server::Reply& reply) { reply(gateway_.handle(peer, message, lease::Clock::now())); }) {
  if (const Result<void> done = server_.listen({"lo", address(1), 4555}); !done) {
    throw std::runtime_error(done.error().text());
  }
  thread_ = std::thread([this] { loop_.run(); });
}

Realm::~Realm() {
  loop_.stop();
  thread_.join();
}

bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

}  // namespace rsip::test
