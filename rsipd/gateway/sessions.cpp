// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sessions.hpp"

namespace rsip::gateway {

const Peer* Sessions::find(Ipv4 host) const {
  const auto found = sessions_.find(host);
  return found == sessions_.end() ? nullptr : &found->second.peer;
}

void Sessions::heard(const Peer& peer) {
  const auto found = sessions_.find(peer.host);
  if (found == sessions_.end()) return;
  Peer& last = found->second.peer;
  if (last.transport == peer.transport) last = peer;
}

void Sessions::end(Ipv4 host, ClientId client) {
  const auto session = sessions_.extract(host);
  former_[host] = {client, session ? session.mapped() : Session{}};
  ended_.emplace_back(host, client);
  if (ended_.size() <= capacity_) return;
  const auto [oldest, its_client] = ended_.front();
  ended_.pop_front();
  if (was(oldest, its_client)) former_.erase(oldest);
}

std::optional<ClientId> Sessions::former(Ipv4 host) const {
  const auto found = former_.find(host);
  if (found == former_.end()) return std::nullopt;
  return found->second.client;
}

const Peer* Sessions::to_be_told(Ipv4 host, wire::ErrorCode code, lease::Time now) {
  Session* session = nullptr;
  if (const auto present = sessions_.find(host); present != sessions_.end()) {
    session = &present->second;
  } else if (const auto former = former_.find(host); former != former_.end()) {
    session = &former->second.session;
  }
  if (session == nullptr || !session->pace.take(code, now)) return nullptr;
  return &session->peer;
}

}  // namespace rsip::gateway
