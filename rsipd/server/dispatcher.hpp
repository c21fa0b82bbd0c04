// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "server/standing.hpp"
#include "server/turns.hpp"

namespace rsip::server {

/// Stands between the servers and the gateway, and gives hosts their turns: one request at a time, with whatever the
/// event loop has to do in between.
class Dispatcher {
 public:
  /// Answers one request. `message` is there until `reply` is called, which may be later and must be once.
  using Handle = std::function<void(const gateway::Peer& peer, std::span<const std::uint8_t> message, Reply reply)>;

  Dispatcher(asio::io_context& loop, const Limits& limits, Standing standing, Handle handle);

  /// What the servers call; see Respond.
  bool offer(const gateway::Peer& peer, std::span<const std::uint8_t> message, Reply reply);

  /// Calls `answered` for each answer, with the time since its request had come.
  void set_answered(std::function<void(std::chrono::nanoseconds)> answered) { answered_ = std::move(answered); }

  struct Dropped {
    std::uint64_t above_rate = 0;  ///< datagrams
    std::uint64_t no_room = 0;     ///< requests that found too many waiting
  };
  /// Since the start.
  const Dropped& dropped() const { return dropped_; }
  std::size_t waiting() const { return turns_.waiting(); }
  bool turn_waits() const { return posted_; }

  /// No more turns; what waits stays without an answer.
  void stop();

 private:
  void schedule();
  void take_turn();
  void report_dropped(Ipv4 host, Turns::Offered why);

  asio::io_context& loop_;
  Standing standing_;
  Handle handle_;
  Turns turns_;
  asio::steady_timer timer_;
  std::optional<Turns::Time> wakes_at_;  ///< when the timer does
  bool posted_ = false;                  ///< a turn is on its way through the event loop
  bool stopped_ = false;

  Dropped dropped_;
  std::function<void(std::chrono::nanoseconds)> answered_;
  std::optional<Turns::Time> reported_at_;
};

}  // namespace rsip::server
