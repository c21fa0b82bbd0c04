// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::metrics {

/// Serves one text at http://ADDR:PORT/metrics, in the event loop of the daemon, so that what is collected is of one
/// moment and nothing needs a lock. (The server of prometheus-cpp has threads of its own.) The text is made at most
/// once a second, so that however many ask, the daemon's work goes on.
class HttpServer {
 public:
  using Text = std::function<std::string()>;

  static constexpr std::size_t max_connections = 8;
  static constexpr std::size_t max_request = 8192;    ///< bytes
  static constexpr std::chrono::seconds patience{5};  ///< for a request to come in, and for an answer to be read
  static constexpr std::chrono::seconds max_age{1};

  static Result<std::unique_ptr<HttpServer>> open(asio::io_context& loop, Ipv4 address, std::uint16_t port, Text text);

  /// What answers a request, up to the empty line behind its header.
  std::string answer(const std::string& request);

  std::uint16_t port() const;

 private:
  HttpServer(asio::ip::tcp::acceptor acceptor, Text text);
  void accept();
  const std::string& text();

  asio::ip::tcp::acceptor acceptor_;
  Text make_text_;
  std::string text_;
  std::chrono::steady_clock::time_point made_at_;
  std::shared_ptr<std::size_t> connections_ = std::make_shared<std::size_t>(0);
};

}  // namespace rsip::metrics
