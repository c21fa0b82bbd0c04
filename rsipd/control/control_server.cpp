// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/control_server.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/buffer.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <filesystem>

namespace rsip::control {

namespace {

using asio::local::stream_protocol;
using nlohmann::json;

/// Whether somebody serves the socket. One that is left over from a killed process refuses connections.
bool is_served(const std::string& path) {
  asio::io_context loop;
  stream_protocol::socket probe(loop);
  asio::error_code code;
  (void)probe.connect(stream_protocol::endpoint(path), code);
  return !code;
}

}  // namespace

/// Lives as long as something is under way on its socket.
class ControlServer::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ControlServer> server, stream_protocol::socket socket)
      : server_(std::move(server)), socket_(std::move(socket)) {}

  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, max_line), '\n',
                           [self = shared_from_this()](asio::error_code code, std::size_t size) {
                             if (code) return self->server_->closed();
                             self->answer(size);
                           });
  }

 private:
  void answer(std::size_t size) {
    const json request =
        json::parse(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(size), nullptr, false);
    input_.erase(0, size);
    output_ = (request.is_object() ? server_->answer_(request) : json{{"error", "a request is a JSON object"}}).dump();
    output_ += '\n';
    asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](asio::error_code code, std::size_t) {
      if (code) return self->server_->closed();
      self->read();
    });
  }

  std::shared_ptr<ControlServer> server_;
  stream_protocol::socket socket_;
  std::string input_;
  std::string output_;
};

Result<std::shared_ptr<ControlServer>> ControlServer::open(asio::io_context& loop, const std::string& path,
                                                           Answer answer) {
  std::error_code made;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), made);
  if (made) return failure(made.value(), "make the directory of " + path, "choose another place with --control");
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return failure(ENAMETOOLONG, "serve " + path, "choose a shorter path with --control");
  }
  if (std::filesystem::exists(path, made) && !is_served(path)) std::filesystem::remove(path, made);

  stream_protocol::acceptor acceptor(loop);
  asio::error_code code;
  (void)acceptor.open(stream_protocol(), code);
  const mode_t before = ::umask(0177);
  if (!code) (void)acceptor.bind(stream_protocol::endpoint(path), code);
  (void)::umask(before);
  if (!code) (void)acceptor.listen(asio::socket_base::max_listen_connections, code);
  if (code) {
    return failure(code.value(), "serve " + path,
                   "another rsipd may be running; --control gives this one another socket");
  }
  std::shared_ptr<ControlServer> server(new ControlServer(std::move(acceptor), path, std::move(answer)));
  server->accept();
  return server;
}

ControlServer::ControlServer(stream_protocol::acceptor acceptor, std::string path, Answer answer)
    : acceptor_(std::move(acceptor)), path_(std::move(path)), answer_(std::move(answer)) {}

ControlServer::~ControlServer() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void ControlServer::accept() {
  if (accepting_ || connections_ >= max_connections) return;
  accepting_ = true;
  acceptor_.async_accept([this](asio::error_code code, stream_protocol::socket socket) {
    if (code == asio::error::operation_aborted) return;
    accepting_ = false;
    if (code) {
      spdlog::warn("control connection not accepted: {}", code.message());
    } else {
      ++connections_;
      std::make_shared<Connection>(shared_from_this(), std::move(socket))->read();
    }
    accept();
  });
}

void ControlServer::closed() {
  --connections_;
  accept();
}

}  // namespace rsip::control
