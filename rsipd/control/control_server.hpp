// SPDX-License-Identifier: GPL-2.0-or-later
// The control socket of a running program: a Unix socket for root alone, or for a group as well. Each connection
// carries one line and gets any number of lines back. What connections can take of the program is bounded: their
// number, the length of a request, how long one may take to come in, how much of an answer waits to be read, and how
// long.
#pragma once

#include <sys/types.h>

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "control/answer.hpp"
#include "types/result.hpp"

namespace rsip::control {

class ControlServer {
 public:
  /// Answers a request, at once or later.
  using Handler = std::function<void(const std::string& line, const AnswerPtr& answer)>;

  static constexpr std::size_t max_connections = 16;
  static constexpr std::size_t max_request = 65536;                ///< bytes
  static constexpr std::size_t max_queued = std::size_t{1} << 20;  ///< bytes of one answer that wait to be read
  static constexpr std::chrono::seconds request_patience{5};
  static constexpr std::chrono::seconds reading_patience{60};

  /// Makes the directory of `path` if it is missing, and takes the place of a socket that an earlier program left. The
  /// file goes with the server. EADDRINUSE where somebody serves it. `group`: whose members may connect, too.
  static Result<std::unique_ptr<ControlServer>> create(asio::io_context& io, const std::string& path, Handler handler,
                                                       std::optional<gid_t> group = {});
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
