// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/udp_server.hpp"

#include <spdlog/spdlog.h>

#include <asio/buffer.hpp>

#include "server/socket_options.hpp"

namespace rsip::server {

namespace {

/// The socket's buffer overflows for all hosts alike, so it is large, and emptied before anything else is done: what a
/// host sends above its rate is dropped here. A bound there must be, since a flood may come as fast as it is read.
constexpr int receive_buffer = 4 << 20;
constexpr int batches_at_once = 16;

}  // namespace

Result<std::unique_ptr<UdpServer>> UdpServer::open(asio::io_context& loop, const Endpoint& endpoint, Respond respond) {
  asio::ip::udp::socket socket(loop);
  asio::error_code code;
  (void)socket.open(asio::ip::udp::v4(), code);
  if (!code) (void)socket.non_blocking(true, code);
  if (code) return failure(code.value(), "open a UDP socket");
  enlarge_receive_buffer(socket.native_handle(), receive_buffer);
  if (const Result<void> bound = bind_to(socket.native_handle(), endpoint); !bound) {
    return tl::unexpected(bound.error());
  }
  std::unique_ptr<UdpServer> server(new UdpServer(std::move(socket), endpoint.address, std::move(respond)));
  server->wait();
  return server;
}

UdpServer::UdpServer(asio::ip::udp::socket socket, Ipv4 address, Respond respond)
    : socket_(std::move(socket)), address_(address), respond_(std::move(respond)) {}

void UdpServer::stop() {
  asio::error_code ignored;
  (void)socket_.cancel(ignored);
}

void UdpServer::wait() {
  socket_.async_wait(asio::ip::udp::socket::wait_read, [this](asio::error_code code) {
    if (code == asio::error::operation_aborted) return;
    receive();
    wait();
  });
}

void UdpServer::receive() {
  for (int i = 0; i < batches_at_once; ++i) {
    const std::span<const Datagrams::Datagram> batch = datagrams_.receive(socket_.native_handle());
    for (const Datagrams::Datagram& datagram : batch) {
      const gateway::Peer peer{
          .host = datagram.host, .port = datagram.port, .gateway = address_, .transport = gateway::Transport::udp};
      (void)respond_(peer, datagram.bytes, [this, peer](const std::optional<gateway::Bytes>& answer) {
        if (answer) send(peer.host, peer.port, *answer);
      });
    }
    if (batch.size() < Datagrams::batch) return;
  }
}

void UdpServer::send(Ipv4 host, std::uint16_t port, std::span<const std::uint8_t> message) {
  asio::error_code code;
  socket_.send_to(asio::buffer(message.data(), message.size()), {asio::ip::address_v4(host.value), port}, 0, code);
  if (code) spdlog::debug("message to {} not sent: {}", to_string(host), code.message());
}

}  // namespace rsip::server
