// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sessions.hpp"

namespace rsip::gateway {

const Peer* Sessions::find(Ipv4 host) const {
  const auto found = peers_.find(host);
  return found == peers_.end() ? nullptr : &found->second;
}

void Sessions::heard(const Peer& peer) {
  const auto found = peers_.find(peer.host);
  if (found != peers_.end() && found->second.transport == peer.transport) found->second = peer;
}

void Sessions::end(Ipv4 host, ClientId client) {
  peers_.erase(host);
  former_[host] = client;
  ended_.emplace_back(host, client);
  if (ended_.size() <= capacity_) return;
  const auto [oldest, its_client] = ended_.front();
  ended_.pop_front();
  if (was(oldest, its_client)) former_.erase(oldest);
}

bool Sessions::was(Ipv4 host, ClientId client) const {
  const auto found = former_.find(host);
  return found != former_.end() && found->second == client;
}

}  // namespace rsip::gateway
