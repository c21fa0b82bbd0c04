// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/connection.hpp"

#include <poll.h>

#include <asio/buffer.hpp>
#include <asio/post.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <utility>

namespace rsip::control {

namespace {

/// Whether the other end is gone altogether. One that has merely nothing more to say may still read.
bool has_hung_up(int fd) {
  pollfd socket{fd, 0, 0};
  return ::poll(&socket, 1, 0) > 0 && (socket.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace

Connection::Connection(Protocol::socket socket, std::shared_ptr<std::size_t> count)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), count_(std::move(count)) {
  ++*count_;
}

Connection::~Connection() {
  leave();
}

/// Makes room for another one.
void Connection::leave() {
  if (count_) --*count_;
  count_.reset();
}

void Connection::serve(const ControlServer::Handler& handler) {
  close_after(ControlServer::request_patience);
  asio::async_read_until(socket_, asio::dynamic_buffer(received_, ControlServer::max_request), '\n',
                         [self = shared_from_this(), handler](const std::error_code& error, std::size_t size) {
                           self->timer_.cancel();
                           if (error) return;
                           const std::string line = self->received_.substr(0, size - 1);
                           self->wait_for_the_end();
                           handler(line, self);
                         });
}

/// Whoever owes an answer learns so that nobody waits for it any more.
void Connection::wait_for_the_end() {
  socket_.async_read_some(asio::buffer(further_), [weak = weak_from_this()](const std::error_code& error, std::size_t) {
    const std::shared_ptr<Connection> self = weak.lock();
    if (error && self && self->socket_.is_open() && has_hung_up(self->socket_.native_handle())) self->close();
  });
}

bool Connection::send(std::string_view line) {
  if (!is_open()) return false;
  if (queued_.size() + line.size() > ControlServer::max_queued) {
    close();
    return false;
  }
  queued_ += line;
  queued_ += '\n';
  if (writing_.empty()) write();
  return true;
}

void Connection::send_pieces(Pieces next) {
  if (!is_open()) return;
  next_ = std::move(next);
  ending_ = true;
  if (writing_.empty()) written();
}

void Connection::end() {
  ending_ = true;
  if (socket_.is_open() && writing_.empty()) close();
}

void Connection::write() {
  writing_ = std::exchange(queued_, {});
  close_after(ControlServer::reading_patience);
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](const std::error_code& error, std::size_t) {
                      self->timer_.cancel();
                      if (error) return self->close();
                      self->writing_.clear();
                      self->written();
                    });
}

void Connection::written() {
  if (queued_.empty() && next_) {
    std::optional<std::string> piece = next_();
    if (!piece) {
      next_ = nullptr;
    } else if (piece->empty()) {
      // Others first.
      asio::post(socket_.get_executor(), [self = shared_from_this()] { self->written(); });
      return;
    } else {
      queued_ = std::move(*piece);
    }
  }
  if (!queued_.empty()) return write();
  if (ending_) close();
}

void Connection::close() {
  std::error_code ignored;  // it is gone either way
  socket_.close(ignored);
  queued_.clear();
  next_ = nullptr;
  leave();
}

void Connection::close_after(std::chrono::seconds patience) {
  timer_.expires_after(patience);
  timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
    const std::shared_ptr<Connection> self = weak.lock();
    if (!error && self) self->close();
  });
}

}  // namespace rsip::control
