// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/server.hpp"

#include <spdlog/spdlog.h>

namespace rsip::server {

Server::Server(asio::io_context& loop, const Limits& limits, const Standing& standing, Dispatcher::Handle handle)
    : loop_(loop),
      connections_(std::make_shared<Connections>(loop, limits, standing)),
      dispatcher_(loop, limits, standing, std::move(handle)) {}

Result<void> Server::listen(const Endpoint& endpoint) {
  const Respond respond = [this, index = udp_.size()](gateway::Peer peer, std::span<const std::uint8_t> message,
                                                      Reply reply) {
    peer.endpoint = index;
    return dispatcher_.offer(peer, message, std::move(reply));
  };
  Result<std::unique_ptr<UdpServer>> udp = UdpServer::open(loop_, endpoint, respond);
  if (!udp) return tl::unexpected(udp.error());
  udp_.push_back(std::move(*udp));
  Result<std::unique_ptr<TcpServer>> tcp = TcpServer::open(loop_, endpoint, connections_, respond);
  if (!tcp) return tl::unexpected(tcp.error());
  tcp_.push_back(std::move(*tcp));
  return {};
}

void Server::send(const gateway::Peer& to, gateway::Bytes message) {
  if (to.transport == gateway::Transport::udp) {
    if (to.endpoint < udp_.size()) udp_[to.endpoint]->send(to.host, to.port, message);
  } else if (!connections_->send(to.host, std::move(message))) {
    spdlog::debug("message to {} not sent: it has no connection", to_string(to.host));
  }
}

void Server::stop() {
  dispatcher_.stop();
  for (const std::unique_ptr<UdpServer>& udp : udp_) udp->stop();
  for (const std::unique_ptr<TcpServer>& tcp : tcp_) tcp->stop();
}

}  // namespace rsip::server
