// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <unordered_map>

#include "gateway/gateway.hpp"
#include "server/limits.hpp"
#include "server/standing.hpp"

namespace rsip::server {

class TcpConnection;

/// The open TCP connections of all endpoints: how many there may be, for how long they may be silent, and which of them
/// reaches a host.
class Connections {
 public:
  Connections(asio::io_context& loop, const Limits& limits, Standing standing);

  const Limits& limits() const { return limits_; }

  bool full() const { return count_ >= limits_.max_connections; }

  /// Whose connection one of this host is; see Standing.
  Ipv4 account(Ipv4 host) const { return standing_.account(host); }

  /// Closes the oldest connection of the host if it has as many as it may.
  void add(TcpConnection& connection);
  void remove(TcpConnection& connection);

  /// Sends what the host did not ask for: on the connection from which it spoke last. False where it has none; hosts
  /// need not keep one.
  bool send(Ipv4 host, gateway::Bytes message);

  /// Whether something is still to be sent.
  bool sending() const;

  std::size_t count() const { return count_; }

 private:
  void close_idle_later();
  void close_idle();

  Limits limits_;
  Standing standing_;
  asio::steady_timer timer_;
  bool waiting_ = false;                                             ///< for the timer
  std::unordered_map<Ipv4, std::deque<TcpConnection*>> by_account_;  ///< oldest first
  std::size_t count_ = 0;
};

}  // namespace rsip::server
