// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>
#include <deque>

#include "host/transport.hpp"
#include "wire/codec.hpp"

namespace rsip::host {
namespace {

using asio::ip::tcp;

/// Connects when there is something to send. Each connection is an object of its own, so that what its pending
/// operations still report after it was closed reaches nobody.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Owner {
    std::function<void(std::span<const std::uint8_t>)> received;
    std::function<void(const std::string&)> failed;  ///< at most once, the last thing heard
  };

  Connection(asio::io_context& io, Owner owner) : socket_(io), owner_(std::move(owner)) {}

  void open(const Endpoints& endpoints) {
    std::error_code error;
    socket_.open(tcp::v4(), error);
    if (!error) socket_.bind({asio::ip::address_v4(endpoints.local.value), 0}, error);
    if (!error) socket_.set_option(tcp::no_delay(true), error);
    if (!error) socket_.set_option(asio::socket_base::keep_alive(true), error);
    if (error) {
      asio::post(socket_.get_executor(), [self = shared_from_this(), error] { self->fail(error.message()); });
      return;
    }
    socket_.async_connect({asio::ip::address_v4(endpoints.gateway.value), endpoints.gateway_port},
                          [self = shared_from_this()](const std::error_code& failed) {
                            if (failed) return self->fail(failed.message());
                            self->connected_ = true;
                            self->read();
                            self->write();
                          });
  }

  void send(std::vector<std::uint8_t> message) {
    queue_.push_back(std::move(message));
    if (connected_ && queue_.size() == 1) write();
  }

  void close() {
    owner_ = {};
    std::error_code ignored;  // it is gone either way
    socket_.close(ignored);
  }

 private:
  void fail(const std::string& why) {
    const Owner owner = std::move(owner_);
    close();
    if (owner.failed) owner.failed(why);
  }

  void write() {
    if (queue_.empty()) return;
    asio::async_write(socket_, asio::buffer(queue_.front()),
                      [self = shared_from_this()](const std::error_code& error, std::size_t) {
                        if (error) return self->fail(error.message());
                        self->queue_.pop_front();
                        self->write();
                      });
  }

  void read() {
    socket_.async_read_some(
        asio::buffer(chunk_), [self = shared_from_this()](const std::error_code& error, std::size_t size) {
          if (error)
            return self->fail(error == asio::error::eof ? "connection closed by the gateway" : error.message());
          self->received_.insert(self->received_.end(), self->chunk_.begin(),
                                 self->chunk_.begin() + static_cast<std::ptrdiff_t>(size));
          if (self->cut()) self->read();
        });
  }

  /// Cuts the stream into messages by their overall length. False: it is no RSIP, or closed meanwhile.
  bool cut() {
    while (const std::optional<std::size_t> size = wire::framed_size(received_)) {
      if (*size < wire::header_size) {
        fail("the gateway sent something other than RSIP messages");
        return false;
      }
      if (received_.size() < *size) return true;
      const auto end = received_.begin() + static_cast<std::ptrdiff_t>(*size);
      const std::vector<std::uint8_t> message(received_.begin(), end);
      received_.erase(received_.begin(), end);
      const auto received = owner_.received;  // a copy: the call may close this connection
      if (received) received(message);
      if (!owner_.received) return false;
    }
    return true;
  }

  tcp::socket socket_;
  Owner owner_;
  bool connected_ = false;
  std::deque<std::vector<std::uint8_t>> queue_;
  std::vector<std::uint8_t> received_;
  std::array<std::uint8_t, 4096> chunk_{};
};

class TcpTransport : public Transport {
 public:
  TcpTransport(asio::io_context& io, const Endpoints& endpoints, Events events)
      : io_(io), endpoints_(endpoints), events_(std::move(events)) {}
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;
  ~TcpTransport() override { close(); }

  void send(std::vector<std::uint8_t> message) override {
    if (connection_) {
      connection_->send(std::move(message));
      return;
    }
    connection_ = std::make_shared<Connection>(io_, Connection::Owner{[this](std::span<const std::uint8_t> bytes) {
                                                                        complaint_.clear();
                                                                        events_.received(bytes);
                                                                      },
                                                                      [this](const std::string& why) {
                                                                        complaint_ = why;
                                                                        connection_.reset();
                                                                        events_.lost();
                                                                      }});
    connection_->send(std::move(message));
    connection_->open(endpoints_);
  }

  void disconnect() override { close(); }

 private:
  void close() {
    if (connection_) connection_->close();
    connection_.reset();
  }

  asio::io_context& io_;
  Endpoints endpoints_;
  Events events_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<Transport> open_tcp(asio::io_context& io, const Endpoints& endpoints, Transport::Events events) {
  return std::make_unique<TcpTransport>(io, endpoints, std::move(events));
}

}  // namespace rsip::host
