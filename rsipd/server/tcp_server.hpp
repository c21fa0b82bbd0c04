// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <memory>

#include "server/connections.hpp"
#include "server/responder.hpp"
#include "types/result.hpp"

namespace rsip::server {

/// Serves RSIP over TCP on one endpoint: messages one after another, cut by their overall length.
class TcpServer {
 public:
  static Result<std::unique_ptr<TcpServer>> open(asio::io_context& loop, const Endpoint& endpoint,
                                                 std::shared_ptr<Connections> connections, Respond respond);

  /// Accepts no more.
  void stop();

 private:
  TcpServer(asio::ip::tcp::acceptor acceptor, Ipv4 address, std::shared_ptr<Connections> connections, Respond respond);

  void accept();
  void admit(asio::ip::tcp::socket socket);

  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  Ipv4 address_;
  std::shared_ptr<Connections> connections_;
  Respond respond_;
};

}  // namespace rsip::server
