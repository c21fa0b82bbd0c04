// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <memory>
#include <span>

#include "server/datagrams.hpp"
#include "server/responder.hpp"
#include "types/result.hpp"

namespace rsip::server {

/// Serves RSIP over UDP on one endpoint: a datagram, a message (RFC 3103 section 9).
class UdpServer {
 public:
  static Result<std::unique_ptr<UdpServer>> open(asio::io_context& loop, const Endpoint& endpoint, Respond respond);

  /// One datagram, or none if the kernel has no room for it: hosts ask again for what they miss.
  void send(Ipv4 host, std::uint16_t port, std::span<const std::uint8_t> message);

  /// Receives no more; sending still works.
  void stop();

 private:
  UdpServer(asio::ip::udp::socket socket, Ipv4 address, Respond respond);
  void wait();
  void receive();

  asio::ip::udp::socket socket_;
  Ipv4 address_;
  Respond respond_;
  Datagrams datagrams_;
};

}  // namespace rsip::server
