// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/control_client.hpp"

#include <sys/un.h>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <chrono>

#include "rsip/control_message.hpp"

namespace rsip::program {
namespace {

// Longer than the gateway gets for the request, a renewal before it, and what else waits in front of it at most.
constexpr std::chrono::seconds patience{60};

/// Not what std::errc compares: asio's category does not map all of them.
bool is(const std::error_code& error, int code) {
  return error.category() == asio::error::get_system_category() && error.value() == code;
}

Error explain(const std::error_code& error, const std::string& device, const std::string& path) {
  if (is(error, ENOENT) || is(error, ECONNREFUSED))
    return {ENOENT, "device " + device + " is not up", "'rsip up' first"};
  if (is(error, EACCES) || is(error, EPERM)) return {EACCES, "connect to " + path, "run rsip as root"};
  if (error == asio::error::timed_out)
    return {ETIMEDOUT, "wait for the rsip that serves device " + device, "try again"};
  // It ended meanwhile, or has too many connections.
  return {EAGAIN, "speak to the rsip that serves device " + device, "'rsip status' shows whether it runs"};
}

}  // namespace

Result<nlohmann::json> ask_instance(const std::string& runtime_dir, const std::string& device,
                                    const nlohmann::json& request) {
  using Protocol = asio::local::stream_protocol;
  const std::string path = control_path(runtime_dir, device);
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return failure(ENAMETOOLONG, "connect to " + path, "choose a shorter --runtime-dir");
  }
  asio::io_context io;
  Protocol::socket socket(io);
  std::error_code error;
  socket.connect(Protocol::endpoint(path), error);
  if (!error) asio::write(socket, asio::buffer(request.dump() + "\n"), error);
  if (error) return tl::unexpected(explain(error, device, path));
  std::string line;
  error = asio::error::timed_out;
  asio::async_read_until(socket, asio::dynamic_buffer(line), '\n',
                         [&error](const std::error_code& outcome, std::size_t) { error = outcome; });
  io.run_for(patience);
  if (error) return tl::unexpected(explain(error, device, path));
  nlohmann::json response = nlohmann::json::parse(line, nullptr, false);
  if (!response.is_object() || !response.value("ok", nlohmann::json()).is_boolean()) {
    return failure(EBADMSG, "understand the rsip that serves device " + device, "'rsip down', then 'rsip up'");
  }
  return response;
}

}  // namespace rsip::program
