// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/control.hpp"

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <cerrno>

namespace rsip::ctl {

Result<nlohmann::json> ask(const std::string& path, const nlohmann::json& request) {
  using asio::local::stream_protocol;
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return failure(ENAMETOOLONG, "connect to " + path);
  asio::io_context loop;
  stream_protocol::socket socket(loop);
  asio::error_code code;
  (void)socket.connect(stream_protocol::endpoint(path), code);
  if (code) {
    const bool denied = code.value() == EACCES;
    return failure(code.value(), "connect to " + path,
                   denied ? "run rsipctl as root" : "is rsipd running, with this --control");
  }
  std::string line = request.dump() + '\n';
  (void)asio::write(socket, asio::buffer(line), code);
  line.clear();
  if (!code) (void)asio::read_until(socket, asio::dynamic_buffer(line), '\n', code);
  if (code) return failure(code.value(), "ask rsipd at " + path);
  nlohmann::json answer = nlohmann::json::parse(line, nullptr, false);
  if (!answer.is_object()) return failure(EBADMSG, "understand what " + path + " answers", "is it rsipd's socket");
  if (const auto error = answer.find("error"); error != answer.end()) {
    return failure(0, error->is_string() ? error->get<std::string>() : error->dump());
  }
  return answer;
}

}  // namespace rsip::ctl
