// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <memory>
#include <vector>

#include "gateway/gateway.hpp"
#include "server/connections.hpp"
#include "server/dispatcher.hpp"
#include "server/limits.hpp"
#include "server/responder.hpp"
#include "server/standing.hpp"
#include "server/tcp_server.hpp"
#include "server/udp_server.hpp"
#include "types/result.hpp"

namespace rsip::server {

/// All that hosts reach of the daemon: RSIP over TCP and UDP on any number of endpoints, a host's turn at a time.
class Server {
 public:
  Server(asio::io_context& loop, const Limits& limits, const Standing& standing, Dispatcher::Handle handle);

  Result<void> listen(const Endpoint& endpoint);

  /// Sends what a host did not ask for, the way it spoke last (RFC 3103 section 10.1). It may not be there any more.
  void send(const gateway::Peer& to, gateway::Bytes message);

  /// No requests any more; sending still works.
  void stop();

  std::size_t connections() const { return connections_->count(); }

  std::size_t waiting() const { return dispatcher_.waiting(); }
  /// Whether one of them is about to be served.
  bool turn_waits() const { return dispatcher_.turn_waits(); }
  const Dispatcher::Dropped& dropped() const { return dispatcher_.dropped(); }
  void set_answered(std::function<void(std::chrono::nanoseconds)> answered) {
    dispatcher_.set_answered(std::move(answered));
  }

  /// Whether something is still to be sent.
  bool sending() const { return connections_->sending(); }

 private:
  asio::io_context& loop_;
  std::shared_ptr<Connections> connections_;
  Dispatcher dispatcher_;
  std::vector<std::unique_ptr<UdpServer>> udp_;  ///< in the order of the endpoints, as Peer::endpoint counts them
  std::vector<std::unique_ptr<TcpServer>> tcp_;
};

}  // namespace rsip::server
