// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/ike_peers.hpp"

#include <algorithm>
#include <iterator>

namespace rsip::lease {

void IkePeers::add(Ipv4 peer, Holder holder) {
  by_peer_[peer][holder.host].insert(holder.bind);
}

void IkePeers::remove(Ipv4 peer, Holder holder) {
  const auto hosts = by_peer_.find(peer);
  if (hosts == by_peer_.end()) return;
  const auto binds = hosts->second.find(holder.host);
  if (binds == hosts->second.end()) return;
  binds->second.erase(holder.bind);
  if (!binds->second.empty()) return;
  hosts->second.erase(binds);
  if (hosts->second.empty()) by_peer_.erase(hosts);
}

std::optional<Holder> IkePeers::sole(Ipv4 peer) const {
  const auto hosts = by_peer_.find(peer);
  if (hosts == by_peer_.end() || hosts->second.size() != 1) return std::nullopt;
  const auto& [host, binds] = *hosts->second.begin();
  return Holder{host, *binds.begin()};
}

std::optional<Holder> IkePeers::sole_with(Ipv4 peer, Holder more) const {
  if (!by_peer_.contains(peer)) return more;
  const std::optional<Holder> now = sole(peer);
  if (!now || now->host != more.host) return std::nullopt;
  return std::min(*now, more);
}

std::optional<Holder> IkePeers::sole_without(Ipv4 peer, Holder less) const {
  const auto hosts = by_peer_.find(peer);
  if (hosts == by_peer_.end()) return std::nullopt;
  const auto binds = hosts->second.find(less.host);
  if (binds == hosts->second.end() || !binds->second.contains(less.bind)) return sole(peer);
  if (binds->second.size() == 1) return sole_without(peer, less.host);
  if (hosts->second.size() != 1) return std::nullopt;
  const auto first = binds->second.begin();
  return Holder{less.host, *first != less.bind ? *first : *std::next(first)};
}

std::optional<Holder> IkePeers::sole_without(Ipv4 peer, Ipv4 host) const {
  const auto hosts = by_peer_.find(peer);
  if (hosts == by_peer_.end()) return std::nullopt;
  if (!hosts->second.contains(host)) return sole(peer);
  if (hosts->second.size() != 2) return std::nullopt;
  auto other = hosts->second.begin();
  if (other->first == host) ++other;
  return Holder{other->first, *other->second.begin()};
}

}  // namespace rsip::lease
