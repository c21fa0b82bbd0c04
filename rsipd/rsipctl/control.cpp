// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/control.hpp"

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <cerrno>

namespace rsip::ctl {

namespace {

using asio::local::stream_protocol;
using nlohmann::json;

Result<stream_protocol::socket> connect(asio::io_context& loop, const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return failure(ENAMETOOLONG, "connect to " + path);
  stream_protocol::socket socket(loop);
  asio::error_code code;
  (void)socket.connect(stream_protocol::endpoint(path), code);
  if (!code) return socket;
  const bool denied = code.value() == EACCES;
  return failure(code.value(), "connect to " + path,
                 denied ? "run rsipctl as root, or as a member of rsipd's --control-group"
                        : "is rsipd running, with this --control");
}

}  // namespace

Result<void> ask(const std::string& path, const json& request, const OnItem& on_item) {
  asio::io_context loop;
  Result<stream_protocol::socket> socket = connect(loop, path);
  if (!socket) return tl::unexpected(socket.error());
  asio::error_code code;
  (void)asio::write(*socket, asio::buffer(request.dump() + '\n'), code);
  std::string received;
  while (true) {
    const std::size_t size = code ? 0 : asio::read_until(*socket, asio::dynamic_buffer(received), '\n', code);
    if (code == asio::error::eof) {
      return failure(ECONNRESET, "read all that rsipd answers",
                     "it has stopped, or has closed a connection that was read too slowly");
    }
    if (code) return failure(code.value(), "ask rsipd at " + path);
    const std::string line = received.substr(0, size - 1);
    received.erase(0, size);
    const json item = json::parse(line, nullptr, false);
    if (!item.is_object()) return failure(EBADMSG, "understand what " + path + " answers", "is it rsipd's socket");
    if (item.size() == 1 && item.contains("done")) return {};
    if (const auto error = item.find("error"); item.size() == 1 && error != item.end()) {
      return failure(0, error->is_string() ? error->get<std::string>() : error->dump());
    }
    if (on_item) on_item(line, item);
  }
}

}  // namespace rsip::ctl
