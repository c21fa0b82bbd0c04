// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "gateway/gateway.hpp"
#include "server/tcp_server.hpp"

namespace rsip::server {

/// How long a message may take from its first byte to its last, and an answer to be taken by the host.
inline constexpr std::chrono::seconds message_time{10};

/// One connection of a host. Holds at most one message and one answer; the next message is read when the answer to
/// the last has left. Lives as long as something is under way on its socket.
class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(std::shared_ptr<TcpServer> server, asio::ip::tcp::socket socket, gateway::Peer peer);
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;
  ~TcpConnection();

  Ipv4 host() const { return peer_.host; }
  void start();
  void close();

 private:
  void read_first_byte();
  void read_rest_of_header();
  void read_body();
  void answer();
  void deadline();

  std::shared_ptr<TcpServer> server_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  gateway::Peer peer_;
  std::vector<std::uint8_t> message_;
  gateway::Bytes reply_;
  bool last_ = false;  ///< close when the answer has left: the stream has lost its frames
};

}  // namespace rsip::server
