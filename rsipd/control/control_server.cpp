// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/control_server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <asio/buffer.hpp>
#include <asio/read_until.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <filesystem>

namespace rsip::control {
namespace {

using Protocol = asio::local::stream_protocol;

/// One request and its answer. Lives as long as one of its operations, or whoever owes it an answer.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Protocol::socket socket, std::shared_ptr<std::size_t> count)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), count_(std::move(count)) {
    ++*count_;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { --*count_; }

  void serve(const ControlServer::Handler& handler) {
    timer_.expires_after(ControlServer::patience);
    timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
      const std::shared_ptr<Connection> self = weak.lock();
      if (!error && self) self->close();
    });
    asio::async_read_until(socket_, asio::dynamic_buffer(received_, ControlServer::max_request), '\n',
                           [self = shared_from_this(), handler](const std::error_code& error, std::size_t size) {
                             self->timer_.cancel();
                             if (error) return;
                             const std::string line = self->received_.substr(0, size - 1);
                             handler(line, [self](const std::string& answer) { self->reply(answer); });
                           });
  }

 private:
  void reply(const std::string& line) {
    answer_ = line + '\n';
    timer_.expires_after(ControlServer::patience);
    timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
      const std::shared_ptr<Connection> self = weak.lock();
      if (!error && self) self->close();
    });
    asio::async_write(socket_, asio::buffer(answer_), [self = shared_from_this()](const std::error_code&, std::size_t) {
      self->timer_.cancel();
      self->close();
    });
  }

  void close() {
    std::error_code ignored;  // it is gone either way
    socket_.close(ignored);
  }

  Protocol::socket socket_;
  asio::steady_timer timer_;
  std::shared_ptr<std::size_t> count_;
  std::string received_;
  std::string answer_;
};

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
                                                             Handler handler) {
  const std::string what = "open the control socket " + path;
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return failure(ENAMETOOLONG, what, "choose a shorter path");
  std::error_code made;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), made);
  if (made) return failure(made.value(), what, "run it as root, or choose another path");
  if (is_served(path)) return failure(EADDRINUSE, what, "another process serves it: stop that, or choose another path");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure(errno, what, "run it as root");
  Protocol::acceptor acceptor(io);
  std::error_code error;
  acceptor.open(Protocol(), error);
  if (!error) acceptor.bind(Protocol::endpoint(path), error);
  // Before it listens nobody can connect, so there is no moment at which others than root could.
  if (!error && ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) error = std::error_code(errno, std::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failure(error.value(), what, "run it as root");
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
