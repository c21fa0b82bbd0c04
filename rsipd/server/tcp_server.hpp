// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <unordered_map>

#include "server/responder.hpp"
#include "types/result.hpp"

namespace rsip::server {

class TcpConnection;

inline constexpr std::size_t max_connections = 4096;       ///< of one endpoint; further ones are closed at once
inline constexpr std::size_t max_connections_of_host = 8;  ///< a further one closes the host's oldest

/// Serves RSIP over TCP on one endpoint: messages one after another, cut by their overall length. Shared with its
/// connections, which end when the event loop does.
class TcpServer : public std::enable_shared_from_this<TcpServer> {
 public:
  static Result<std::shared_ptr<TcpServer>> open(asio::io_context& loop, const Endpoint& endpoint, Respond respond);

 private:
  friend class TcpConnection;
  TcpServer(asio::ip::tcp::acceptor acceptor, Ipv4 address, Respond respond);

  void accept();
  void admit(asio::ip::tcp::socket socket);
  void forget(const TcpConnection& connection);

  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  Ipv4 address_;
  Respond respond_;
  std::unordered_map<Ipv4, std::deque<std::weak_ptr<TcpConnection>>> connections_;  ///< of each host, oldest first
  std::size_t count_ = 0;
};

}  // namespace rsip::server
