// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/connections.hpp"

#include <algorithm>
#include <vector>

#include "server/tcp_connection.hpp"

namespace rsip::server {

Connections::Connections(asio::io_context& loop, const Limits& limits, Standing standing)
    : limits_(limits), standing_(std::move(standing)), timer_(loop) {}

void Connections::add(TcpConnection& connection) {
  if (const auto found = by_account_.find(connection.account());
      found != by_account_.end() && found->second.size() >= limits_.max_connections_per_host) {
    found->second.front()->close();
  }
  by_account_[connection.account()].push_back(&connection);
  ++count_;
  close_idle_later();
}

void Connections::remove(TcpConnection& connection) {
  const auto found = by_account_.find(connection.account());
  count_ -= std::erase(found->second, &connection);
  if (found->second.empty()) by_account_.erase(found);
}

bool Connections::send(Ipv4 host, gateway::Bytes message) {
  const auto found = by_account_.find(standing_.account(host));
  if (found == by_account_.end()) return false;
  TcpConnection* last = nullptr;
  for (TcpConnection* connection : found->second) {
    if (connection->host() == host && (last == nullptr || connection->heard_at() >= last->heard_at())) {
      last = connection;
    }
  }
  return last != nullptr && last->send(std::move(message));
}

bool Connections::sending() const {
  return std::ranges::any_of(by_account_, [](const auto& account) {
    return std::ranges::any_of(account.second, [](const TcpConnection* connection) { return connection->sending(); });
  });
}

void Connections::close_idle_later() {
  if (waiting_) return;
  waiting_ = true;
  timer_.expires_after(limits_.unregistered_idle_timeout / 2);
  timer_.async_wait([this](asio::error_code code) {
    if (code) return;
    waiting_ = false;
    close_idle();
    if (count_ > 0) close_idle_later();
  });
}

void Connections::close_idle() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<TcpConnection*> idle;
  for (const auto& [account, connections] : by_account_) {
    for (TcpConnection* connection : connections) {
      const bool registered = standing_.is_registered(connection->host());
      const std::chrono::milliseconds timeout = registered ? limits_.idle_timeout : limits_.unregistered_idle_timeout;
      if (connection->idle() && now - connection->heard_at() >= timeout) idle.push_back(connection);
    }
  }
  for (TcpConnection* connection : idle) connection->close();
}

}  // namespace rsip::server
