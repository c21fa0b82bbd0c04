// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/udp_server.hpp"

#include <spdlog/spdlog.h>

#include <asio/buffer.hpp>

#include "server/socket_options.hpp"

namespace rsip::server {

Result<std::unique_ptr<UdpServer>> UdpServer::open(asio::io_context& loop, const Endpoint& endpoint, Respond respond) {
  asio::ip::udp::socket socket(loop);
  asio::error_code code;
  (void)socket.open(asio::ip::udp::v4(), code);
  if (!code) (void)socket.non_blocking(true, code);
  if (code) return failure(code.value(), "open a UDP socket");
  if (const Result<void> bound = bind_to(socket.native_handle(), endpoint); !bound) {
    return tl::unexpected(bound.error());
  }
  std::unique_ptr<UdpServer> server(new UdpServer(std::move(socket), endpoint.address, std::move(respond)));
  server->receive();
  return server;
}

UdpServer::UdpServer(asio::ip::udp::socket socket, Ipv4 address, Respond respond)
    : socket_(std::move(socket)), address_(address), respond_(std::move(respond)) {}

void UdpServer::receive() {
  socket_.async_receive_from(asio::buffer(buffer_), sender_, [this](asio::error_code code, std::size_t size) {
    if (code == asio::error::operation_aborted) return;
    // An ICMP error for an earlier answer is reported on the next receive; the socket goes on working.
    if (!code) answer(size);
    receive();
  });
}

void UdpServer::answer(std::size_t size) {
  const gateway::Peer peer{.host = Ipv4{sender_.address().to_v4().to_uint()},
                           .port = sender_.port(),
                           .gateway = address_,
                           .transport = gateway::Transport::udp};
  const std::optional<gateway::Bytes> reply = respond_(peer, std::span(buffer_).first(size));
  if (!reply) return;
  asio::error_code code;
  socket_.send_to(asio::buffer(*reply), sender_, 0, code);
  // A lost answer is what the host's retransmission is for.
  if (code) spdlog::debug("answer to {} not sent: {}", to_string(peer.host), code.message());
}

}  // namespace rsip::server
