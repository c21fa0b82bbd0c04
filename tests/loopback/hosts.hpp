// SPDX-License-Identifier: GPL-2.0-or-later
// Hosts that talk to the server of the realm. What they wait for comes within five seconds, or not at all.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <chrono>
#include <optional>
#include <vector>

#include "types/ipv4.hpp"
#include "wire/codec.hpp"

namespace rsip::test {

using Bytes = std::vector<std::uint8_t>;

/// A TCP connection of a host.
class Stream {
 public:
  explicit Stream(Ipv4 host);

  void send(const Bytes& bytes);
  /// The next message; nothing where the connection is closed first.
  std::optional<wire::Message> receive();
  bool closed() { return !receive(); }
  template <typename Response>
  Response ask(const wire::Message& request) {
    send(wire::encode(request));
    return std::get<Response>(receive().value());
  }

 private:
  asio::io_context loop_;
  asio::ip::tcp::socket socket_;
};

/// A UDP socket of a host.
class Datagrams {
 public:
  explicit Datagrams(Ipv4 host);

  void send(const Bytes& bytes);
  std::optional<wire::Message> receive(std::chrono::milliseconds patience = std::chrono::seconds{5});
  std::uint16_t port() const { return socket_.local_endpoint().port(); }

 private:
  asio::io_context loop_;
  asio::ip::udp::socket socket_;
};

/// A request that fits over UDP, too.
Bytes register_request(std::uint32_t counter = 1);

}  // namespace rsip::test
