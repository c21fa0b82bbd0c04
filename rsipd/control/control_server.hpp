// SPDX-License-Identifier: GPL-2.0-or-later
// The control socket of a running program: a Unix socket for root alone. Each connection carries one line and gets one
// line back. What connections can take of the program is bounded: their number, the length of a request, and how long
// one may take to come in.
#pragma once

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "types/result.hpp"

namespace rsip::control {

class ControlServer {
 public:
  /// Answers the request, once, now or later. Of no effect when the other end has gone meanwhile.
  using Reply = std::function<void(const std::string& line)>;
  using Handler = std::function<void(const std::string& line, Reply reply)>;

  static constexpr std::size_t max_connections = 16;
  static constexpr std::size_t max_request = 65536;  ///< bytes
  static constexpr std::chrono::seconds patience{5};

  /// Makes the directory of `path` if it is missing, and takes the place of a socket that an earlier program left. The
  /// file goes with the server. EADDRINUSE where somebody serves it.
  static Result<std::unique_ptr<ControlServer>> create(asio::io_context& io, const std::string& path, Handler handler);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  ~ControlServer();

 private:
  ControlServer(asio::local::stream_protocol::acceptor acceptor, std::string path, Handler handler);
  void accept();

  asio::local::stream_protocol::acceptor acceptor_;
  std::string path_;
  Handler handler_;
  std::shared_ptr<std::size_t> connections_ = std::make_shared<std::size_t>(0);
};

}  // namespace rsip::control
