// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "control/answer.hpp"
#include "control/control_server.hpp"

namespace rsip::control {

/// One request and its answer. Lives as long as something is to be read or sent, or somebody owes it an answer.
class Connection : public Answer, public std::enable_shared_from_this<Connection> {
 public:
  using Protocol = asio::local::stream_protocol;

  /// `count` is one higher while it is open.
  Connection(Protocol::socket socket, std::shared_ptr<std::size_t> count);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  void serve(const ControlServer::Handler& handler);

  bool send(std::string_view line) override;
  void send_pieces(Pieces next) override;
  void end() override;
  bool is_open() const override { return socket_.is_open() && !ending_; }

 private:
  void wait_for_the_end();
  void write();
  void written();
  void close();
  void leave();
  void close_after(std::chrono::seconds patience);

  Protocol::socket socket_;
  asio::steady_timer timer_;
  std::shared_ptr<std::size_t> count_;
  std::string received_;
  std::array<char, 64> further_{};  ///< what comes after the request, which means nothing
  std::string writing_;             ///< under way
  std::string queued_;
  Pieces next_;
  bool ending_ = false;
};

}  // namespace rsip::control
