// SPDX-License-Identifier: GPL-2.0-or-later
// The operator's way into a running rsipd: a Unix socket on which each line is a JSON object, a request or its answer.
#pragma once

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "types/result.hpp"

namespace rsip::control {

inline constexpr std::size_t max_line = 4096;  ///< bytes of a request
inline constexpr int max_connections = 16;     ///< further ones wait to be accepted

/// Answers one request. Must not throw.
using Answer = std::function<nlohmann::json(const nlohmann::json& request)>;

/// Shared with its connections, which end when the event loop does.
class ControlServer : public std::enable_shared_from_this<ControlServer> {
 public:
  /// Serves on `path`, whose directory is made if it is missing. Only root may connect. A socket that nobody serves any
  /// more is replaced; EADDRINUSE where somebody does.
  static Result<std::shared_ptr<ControlServer>> open(asio::io_context& loop, const std::string& path, Answer answer);

  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  ~ControlServer();

 private:
  class Connection;
  ControlServer(asio::local::stream_protocol::acceptor acceptor, std::string path, Answer answer);
  void accept();
  void closed();

  asio::local::stream_protocol::acceptor acceptor_;
  std::string path_;
  Answer answer_;
  int connections_ = 0;
  bool accepting_ = false;
};

}  // namespace rsip::control
