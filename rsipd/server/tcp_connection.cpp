// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/tcp_connection.hpp"

#include <asio/buffer.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include "server/socket_options.hpp"
#include "wire/codec.hpp"

namespace rsip::server {

TcpConnection::TcpConnection(std::shared_ptr<TcpServer> server, asio::ip::tcp::socket socket, gateway::Peer peer)
    : server_(std::move(server)), socket_(std::move(socket)), timer_(socket_.get_executor()), peer_(peer) {}

TcpConnection::~TcpConnection() {
  server_->forget(*this);
}

void TcpConnection::start() {
  asio::error_code ignored;
  (void)socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  notice_dead_peer(socket_.native_handle());
  read_first_byte();
}

void TcpConnection::close() {
  asio::error_code ignored;
  (void)socket_.close(ignored);
  timer_.cancel();
}

/// Whatever is under way ends when time is up.
void TcpConnection::deadline() {
  timer_.expires_after(message_time);
  timer_.async_wait([weak = weak_from_this()](asio::error_code code) {
    if (code) return;
    if (const std::shared_ptr<TcpConnection> self = weak.lock()) self->close();
  });
}

void TcpConnection::read_first_byte() {
  message_.assign(1, 0);
  asio::async_read(socket_, asio::buffer(message_), [self = shared_from_this()](asio::error_code code, std::size_t) {
    if (code) return self->close();
    self->deadline();
    self->read_rest_of_header();
  });
}

void TcpConnection::read_rest_of_header() {
  message_.resize(wire::header_size);
  asio::async_read(socket_, asio::buffer(message_) + 1,
                   [self = shared_from_this()](asio::error_code code, std::size_t) {
                     if (code) return self->close();
                     self->read_body();
                   });
}

void TcpConnection::read_body() {
  const std::size_t size = wire::framed_size(message_).value_or(0);
  if (size < wire::header_size) {
    last_ = true;
    return answer();
  }
  message_.resize(size);
  asio::async_read(socket_, asio::buffer(message_) + wire::header_size,
                   [self = shared_from_this()](asio::error_code code, std::size_t) {
                     if (code) return self->close();
                     self->answer();
                   });
}

void TcpConnection::answer() {
  std::optional<gateway::Bytes> reply = server_->respond_(peer_, message_);
  if (!reply) {
    timer_.cancel();
    return read_first_byte();
  }
  reply_ = std::move(*reply);
  asio::async_write(socket_, asio::buffer(reply_), [self = shared_from_this()](asio::error_code code, std::size_t) {
    if (code || self->last_) return self->close();
    self->timer_.cancel();
    self->read_first_byte();
  });
}

}  // namespace rsip::server
