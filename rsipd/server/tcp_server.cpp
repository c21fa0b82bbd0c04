// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/tcp_server.hpp"

#include <spdlog/spdlog.h>

#include "server/socket_options.hpp"
#include "server/tcp_connection.hpp"

namespace rsip::server {

namespace {

/// How long to wait when there are no file descriptors left, instead of asking again at once.
constexpr std::chrono::milliseconds accept_pause{100};

}  // namespace

Result<std::unique_ptr<TcpServer>> TcpServer::open(asio::io_context& loop, const Endpoint& endpoint,
                                                   std::shared_ptr<Connections> connections, Respond respond) {
  asio::ip::tcp::acceptor acceptor(loop);
  asio::error_code code;
  (void)acceptor.open(asio::ip::tcp::v4(), code);
  if (!code) (void)acceptor.set_option(asio::socket_base::reuse_address(true), code);
  if (code) return failure(code.value(), "open a TCP socket");
  if (const Result<void> bound = bind_to(acceptor.native_handle(), endpoint); !bound) {
    return tl::unexpected(bound.error());
  }
  (void)acceptor.listen(asio::socket_base::max_listen_connections, code);
  if (code) return failure(code.value(), "serve " + to_string(endpoint));
  std::unique_ptr<TcpServer> server(
      new TcpServer(std::move(acceptor), endpoint.address, std::move(connections), std::move(respond)));
  server->accept();
  return server;
}

TcpServer::TcpServer(asio::ip::tcp::acceptor acceptor, Ipv4 address, std::shared_ptr<Connections> connections,
                     Respond respond)
    : acceptor_(std::move(acceptor)),
      pause_(acceptor_.get_executor()),
      address_(address),
      connections_(std::move(connections)),
      respond_(std::move(respond)) {}

void TcpServer::stop() {
  asio::error_code ignored;
  (void)acceptor_.close(ignored);
  pause_.cancel();
}

void TcpServer::accept() {
  acceptor_.async_accept([this](asio::error_code code, asio::ip::tcp::socket socket) {
    if (code == asio::error::operation_aborted) return;
    if (!code) {
      admit(std::move(socket));
      return accept();
    }
    spdlog::warn("connection not accepted: {}", code.message());
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](asio::error_code aborted) {
      if (!aborted) accept();
    });
  });
}

void TcpServer::admit(asio::ip::tcp::socket socket) {
  asio::error_code code;
  const asio::ip::tcp::endpoint remote = socket.remote_endpoint(code);
  if (code || connections_->full()) return;
  const gateway::Peer peer{.host = Ipv4{remote.address().to_v4().to_uint()},
                           .port = remote.port(),
                           .gateway = address_,
                           .transport = gateway::Transport::tcp};
  std::make_shared<TcpConnection>(connections_, std::move(socket), peer, respond_)->start();
}

}  // namespace rsip::server
