// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <memory>

#include "server/responder.hpp"
#include "types/result.hpp"
#include "wire/message.hpp"

namespace rsip::server {

/// Serves RSIP over UDP on one endpoint: a datagram, a message (RFC 3103 section 9).
class UdpServer {
 public:
  static Result<std::unique_ptr<UdpServer>> open(asio::io_context& loop, const Endpoint& endpoint, Respond respond);

 private:
  UdpServer(asio::ip::udp::socket socket, Ipv4 address, Respond respond);
  void receive();
  void answer(std::size_t size);

  asio::ip::udp::socket socket_;
  Ipv4 address_;
  Respond respond_;
  asio::ip::udp::endpoint sender_;
  std::array<std::uint8_t, wire::max_message_size> buffer_{};
};

}  // namespace rsip::server
