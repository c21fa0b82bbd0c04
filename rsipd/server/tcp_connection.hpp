// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/gateway.hpp"
#include "server/connections.hpp"
#include "server/responder.hpp"

namespace rsip::server {

/// How much may wait to be taken by the host, messages that it did not ask for included.
inline constexpr std::size_t max_unsent = 65536;

/// One connection of a host. Holds at most one message, of which no more memory is used than has arrived; the next one
/// is read when the answer to the last has left. Lives as long as something is under way on its socket, or its request
/// waits for an answer.
class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(std::shared_ptr<Connections> connections, asio::ip::tcp::socket socket, gateway::Peer peer,
                Respond respond);
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;
  ~TcpConnection();

  void start();
  void close();

  /// Sends a message beside the answers, never within one. False where the host does not take what was sent before.
  bool send(gateway::Bytes message);

  Ipv4 host() const { return peer_.host; }
  Ipv4 account() const { return account_; }
  std::chrono::steady_clock::time_point heard_at() const { return heard_at_; }
  bool idle() const { return state_ == State::idle && unsent_.empty(); }
  bool sending() const { return !unsent_.empty(); }

 private:
  enum class State { idle, reading, answering, closed };

  void read_first_byte();
  void read_rest_of_header();
  void read_body(std::size_t size);
  void hand_on();
  void answer(std::optional<gateway::Bytes> answer);
  void finish_answer();
  void write();
  void set_deadline(asio::steady_timer& timer);

  struct Unsent {
    gateway::Bytes message;
    bool answer = false;
  };

  std::shared_ptr<Connections> connections_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer read_deadline_;
  asio::steady_timer write_deadline_;
  gateway::Peer peer_;
  Ipv4 account_;
  Respond respond_;
  State state_ = State::idle;
  std::chrono::steady_clock::time_point heard_at_;
  std::vector<std::uint8_t> message_;
  std::deque<Unsent> unsent_;  ///< the first is being written
  std::size_t unsent_size_ = 0;
  bool last_ = false;  ///< close when the answer has left: the stream has lost its frames
};

}  // namespace rsip::server
