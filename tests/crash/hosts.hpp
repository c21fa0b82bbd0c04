// SPDX-License-Identifier: GPL-2.0-or-later
// Hosts that register, lease, extend and free over UDP, all at a time, and know what they were promised.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

#include "gateway.hpp"
#include "steer/element.hpp"
#include "types/ids.hpp"
#include "wire/message.hpp"

namespace rsip::test {

/// A promise was broken.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Hosts {
 public:
  using Clock = std::chrono::steady_clock;
  using Bytes = std::vector<std::uint8_t>;

  Hosts(std::uint64_t seed, std::vector<steer::Device> devices);
  ~Hosts();
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;

  /// Each host that waits for nothing asks for something.
  void ask();
  /// Takes the answers that come within `time`, and repeats what has none yet. An answer that breaks a promise throws.
  void listen(std::chrono::milliseconds time);
  /// Whether some host waits for an answer.
  bool waiting() const;

  /// Throws where the kernel has not exactly what the hosts were promised. None of them may be waiting.
  void compare_with_kernel() const;
  /// One host repeats its last request that was granted, if nothing came after it, and expects the same answer.
  void repeat();
  /// All hosts leave; when nothing rests any more, one of them gets the whole pool.
  void lease_all();

  std::size_t granted() const { return granted_; }
  std::size_t repeated() const { return repeated_; }

 private:
  struct Binding {
    std::set<Port> ports;
    std::set<Spi> spis;
  };
  struct Host {
    int socket = -1;
    std::optional<ClientId> client;
    std::map<BindId, Binding> bindings;
    std::uint32_t counter = 0;
    Bytes request;  ///< the last one
    Bytes answer;   ///< to it; empty as long as it waits
    Clock::time_point asked;
    Clock::time_point sent;
    bool waiting = false;
  };

  wire::Message next_request(const Host& host);
  void send(Host& host, wire::Message request);
  void take(Host& host, const Bytes& answer);
  void granted(Host& host, const wire::Message& request, const wire::Message& answer);
  template <typename Id>
  void own(std::map<Id, Clock::time_point>& resting, const std::set<Id>& ids, Clock::time_point asked) const;
  void release(Host& host, BindId bind, Clock::time_point asked);
  std::uint32_t any(std::uint32_t bound) { return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random_); }

  std::mt19937 random_;
  std::vector<steer::Device> devices_;
  std::vector<Host> hosts_;
  std::map<Port, Clock::time_point> resting_ports_;  ///< not to be had before
  std::map<Spi, Clock::time_point> resting_spis_;
  std::size_t granted_ = 0;
  std::size_t repeated_ = 0;
};

}  // namespace rsip::test
