// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <unordered_map>
#include <utility>

#include "gateway/peer.hpp"
#include "types/ids.hpp"

namespace rsip::gateway {

/// How registered hosts speak to us, and who was registered before. Remembers at most `capacity` of the latter.
class Sessions {
 public:
  explicit Sessions(std::size_t capacity) : capacity_(capacity) {}

  /// A host has registered; it keeps to this transport until it is unregistered (RFC 3103 section 5).
  void begin(const Peer& peer) { peers_[peer.host] = peer; }
  /// Null where the host is not registered.
  const Peer* find(Ipv4 host) const;
  /// The host spoke again: unasked messages go to where it spoke from last.
  void heard(const Peer& peer);
  void end(Ipv4 host, ClientId client);

  /// Whether the host's registration that ended last had this client ID.
  bool was(Ipv4 host, ClientId client) const;

 private:
  std::size_t capacity_;
  std::unordered_map<Ipv4, Peer> peers_;
  std::unordered_map<Ipv4, ClientId> former_;
  std::deque<std::pair<Ipv4, ClientId>> ended_;  ///< oldest first; entries that a later end has superseded stay
};

}  // namespace rsip::gateway
