// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts.hpp"

#include <poll.h>

#include <asio/buffer.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include "realm.hpp"

namespace rsip::test {

namespace {

bool readable(int socket, std::chrono::milliseconds patience) {
  pollfd wait{.fd = socket, .events = POLLIN, .revents = 0};
  return ::poll(&wait, 1, static_cast<int>(patience.count())) == 1;
}

}  // namespace

Stream::Stream(Ipv4 host) : socket_(loop_) {
  socket_.open(asio::ip::tcp::v4());
  socket_.bind({asio::ip::address_v4(host.value), 0});
  socket_.connect({asio::ip::address_v4(address(1).value), 4555});
  socket_.set_option(asio::ip::tcp::no_delay(true));
}

void Stream::send(const Bytes& bytes) {
  asio::error_code ignored;  // a closed connection shows when something is received
  asio::write(socket_, asio::buffer(bytes), ignored);
}

std::optional<wire::Message> Stream::receive() {
  asio::error_code code;
  Bytes bytes(wire::header_size);
  if (!readable(socket_.native_handle(), std::chrono::seconds{5})) throw std::runtime_error("nothing received");
  asio::read(socket_, asio::buffer(bytes), code);
  if (code) return std::nullopt;
  bytes.resize(wire::framed_size(bytes).value());
  asio::read(socket_, asio::buffer(bytes) + wire::header_size, code);
  if (code) return std::nullopt;
  return wire::decode(bytes).value();
}

Datagrams::Datagrams(Ipv4 host) : socket_(loop_, {asio::ip::address_v4(host.value), 0}) {
  socket_.connect({asio::ip::address_v4(address(1).value), 4555});
}

void Datagrams::send(const Bytes& bytes) {
  socket_.send(asio::buffer(bytes));
}

std::optional<wire::Message> Datagrams::receive(std::chrono::milliseconds patience) {
  if (!readable(socket_.native_handle(), patience)) return std::nullopt;
  Bytes bytes(wire::max_message_size);
  bytes.resize(socket_.receive(asio::buffer(bytes)));
  return wire::decode(bytes).value();
}

Bytes register_request(std::uint32_t counter) {
  wire::RegisterRequest request;
  request.counter = Counter{counter};
  return wire::encode(request);
}

}  // namespace rsip::test
