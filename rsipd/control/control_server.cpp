// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/control_server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "control/connection.hpp"

namespace rsip::control {
namespace {

using Protocol = asio::local::stream_protocol;

constexpr const char* may_not_write = "its directory must belong to the user that this runs as";

/// Before the socket listens nobody can connect, so there is no moment at which others than these could.
std::error_code restrict(const std::string& path, std::optional<gid_t> group) {
  constexpr auto unchanged = static_cast<uid_t>(-1);
  const mode_t mode = S_IRUSR | S_IWUSR | (group ? S_IRGRP | S_IWGRP : 0);
  const bool done = (!group || ::chown(path.c_str(), unchanged, *group) == 0) && ::chmod(path.c_str(), mode) == 0;
  return done ? std::error_code() : std::error_code(errno, std::system_category());
}

/// Whether somebody serves the socket. One that a killed process left refuses connections.
bool is_served(const std::string& path) {
  asio::io_context io;
  Protocol::socket probe(io);
  std::error_code error;
  probe.connect(Protocol::endpoint(path), error);
  return !error;
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::create(asio::io_context& io, const std::string& path,
                                                             Handler handler, std::optional<gid_t> group) {
  const std::string what = "open the control socket " + path;
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return failure(ENAMETOOLONG, what, "choose a shorter path");
  std::error_code made;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), made);
  if (made) return failure(made.value(), what, may_not_write);
  if (is_served(path)) return failure(EADDRINUSE, what, "another process serves it: stop that, or choose another path");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure(errno, what, may_not_write);
  Protocol::acceptor acceptor(io);
  std::error_code error;
  acceptor.open(Protocol(), error);
  if (!error) acceptor.bind(Protocol::endpoint(path), error);
  if (!error) error = restrict(path, group);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failure(error.value(), what, may_not_write);
  std::unique_ptr<ControlServer> server(new ControlServer(std::move(acceptor), path, std::move(handler)));
  server->accept();
  return server;
}

ControlServer::ControlServer(Protocol::acceptor acceptor, std::string path, Handler handler)
    : acceptor_(std::move(acceptor)), path_(std::move(path)), handler_(std::move(handler)) {}

ControlServer::~ControlServer() {
  (void)::unlink(path_.c_str());
}

/// One that is too many is closed at once.
void ControlServer::accept() {
  acceptor_.async_accept([this](const std::error_code& error, Protocol::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error && *connections_ < max_connections) {
      std::make_shared<Connection>(std::move(socket), connections_)->serve(handler_);
    }
    accept();
  });
}

}  // namespace rsip::control
