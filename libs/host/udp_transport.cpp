// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <asio/buffer.hpp>
#include <asio/ip/udp.hpp>

#include "host/transport.hpp"
#include "wire/message.hpp"

namespace rsip::host {
namespace {

using asio::ip::udp;

class UdpTransport : public Transport {
 public:
  UdpTransport(udp::socket socket, Events events) : socket_(std::move(socket)), events_(std::move(events)) {
    receive();
  }

  /// A datagram that cannot be sent now is one lost: it is sent again like any other.
  void send(std::vector<std::uint8_t> message) override {
    std::error_code error;
    socket_.send(asio::buffer(message), 0, error);
    if (error) complaint_ = error.message();
  }

  void disconnect() override {}

 private:
  void receive() {
    socket_.async_receive(asio::buffer(buffer_), [this](const std::error_code& error, std::size_t size) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        // ICMP said 'port unreachable', say: the gateway may be about to start, so this ends nothing.
        complaint_ = error.message();
      } else {
        complaint_.clear();
        events_.received(std::span(buffer_.data(), size));
      }
      receive();
    });
  }

  udp::socket socket_;
  Events events_;
  std::array<std::uint8_t, wire::max_message_size> buffer_{};
};

}  // namespace

Result<std::unique_ptr<Transport>> open_udp(asio::io_context& io, const Endpoints& endpoints,
                                            Transport::Events events) {
  udp::socket socket(io);
  std::error_code error;
  socket.open(udp::v4(), error);
  if (!error) socket.non_blocking(true, error);
  if (!error) socket.bind({asio::ip::address_v4(endpoints.local.value), 0}, error);
  if (!error) socket.connect({asio::ip::address_v4(endpoints.gateway.value), endpoints.gateway_port}, error);
  if (error) {
    return failure(error.value(),
                   "open UDP from " + to_string(endpoints.local) + " to " + to_string(endpoints.gateway));
  }
  return std::make_unique<UdpTransport>(std::move(socket), std::move(events));
}

}  // namespace rsip::host
