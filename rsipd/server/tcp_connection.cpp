// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/tcp_connection.hpp"

#include <algorithm>
#include <asio/buffer.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include "server/socket_options.hpp"
#include "wire/codec.hpp"

namespace rsip::server {

namespace {

/// A message is read in pieces of this size, so that a length that is only claimed takes no memory.
constexpr std::size_t piece = 4096;

}  // namespace

TcpConnection::TcpConnection(std::shared_ptr<Connections> connections, asio::ip::tcp::socket socket, gateway::Peer peer,
                             Respond respond)
    : connections_(std::move(connections)),
      socket_(std::move(socket)),
      read_deadline_(socket_.get_executor()),
      write_deadline_(socket_.get_executor()),
      peer_(peer),
      account_(connections_->account(peer.host)),
      respond_(std::move(respond)),
      heard_at_(std::chrono::steady_clock::now()) {}

TcpConnection::~TcpConnection() {
  if (state_ != State::closed) connections_->remove(*this);
}

void TcpConnection::start() {
  connections_->add(*this);
  asio::error_code ignored;
  (void)socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  notice_dead_peer(socket_.native_handle());
  read_first_byte();
}

void TcpConnection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  connections_->remove(*this);
  asio::error_code ignored;
  (void)socket_.close(ignored);
  read_deadline_.cancel();
  write_deadline_.cancel();
}

/// Whatever is under way on the connection ends when time is up.
void TcpConnection::set_deadline(asio::steady_timer& timer) {
  timer.expires_after(connections_->limits().message_time);
  timer.async_wait([weak = weak_from_this()](asio::error_code code) {
    if (code) return;
    if (const std::shared_ptr<TcpConnection> self = weak.lock()) self->close();
  });
}

void TcpConnection::read_first_byte() {
  state_ = State::idle;
  message_.assign(1, 0);
  asio::async_read(socket_, asio::buffer(message_), [self = shared_from_this()](asio::error_code code, std::size_t) {
    if (code) return self->close();
    self->state_ = State::reading;
    self->heard_at_ = std::chrono::steady_clock::now();
    self->set_deadline(self->read_deadline_);
    self->read_rest_of_header();
  });
}

void TcpConnection::read_rest_of_header() {
  message_.resize(wire::header_size);
  asio::async_read(socket_, asio::buffer(message_) + 1,
                   [self = shared_from_this()](asio::error_code code, std::size_t) {
                     if (code) return self->close();
                     const std::size_t size = wire::framed_size(self->message_).value_or(0);
                     self->last_ = size < wire::header_size;
                     self->read_body(size);
                   });
}

void TcpConnection::read_body(std::size_t size) {
  const std::size_t have = message_.size();
  if (have >= size) return hand_on();
  message_.resize(std::min(size, have + piece));
  asio::async_read(socket_, asio::buffer(message_) + have,
                   [self = shared_from_this(), size](asio::error_code code, std::size_t) {
                     if (code) return self->close();
                     self->read_body(size);
                   });
}

void TcpConnection::hand_on() {
  state_ = State::answering;
  read_deadline_.cancel();
  const bool taken = respond_(peer_, message_, [self = shared_from_this()](std::optional<gateway::Bytes> answer) {
    self->answer(std::move(answer));
  });
  message_ = {};
  if (!taken) close();
}

void TcpConnection::answer(std::optional<gateway::Bytes> answer) {
  if (state_ == State::closed) return;
  if (!answer) return finish_answer();
  unsent_size_ += answer->size();
  unsent_.push_back({std::move(*answer), true});
  if (unsent_.size() == 1) write();
}

void TcpConnection::finish_answer() {
  if (last_) return close();
  read_first_byte();
}

bool TcpConnection::send(gateway::Bytes message) {
  if (state_ == State::closed || unsent_size_ + message.size() > max_unsent) return false;
  unsent_size_ += message.size();
  unsent_.push_back({std::move(message), false});
  if (unsent_.size() == 1) write();
  return true;
}

void TcpConnection::write() {
  set_deadline(write_deadline_);
  asio::async_write(socket_, asio::buffer(unsent_.front().message),
                    [self = shared_from_this()](asio::error_code code, std::size_t) {
                      if (code) return self->close();
                      self->write_deadline_.cancel();
                      const bool answered = self->unsent_.front().answer;
                      self->unsent_size_ -= self->unsent_.front().message.size();
                      self->unsent_.pop_front();
                      if (!self->unsent_.empty()) self->write();
                      if (answered) self->finish_answer();
                    });
}

}  // namespace rsip::server
