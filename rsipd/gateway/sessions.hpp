// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "gateway/pace.hpp"
#include "gateway/peer.hpp"
#include "types/ids.hpp"

namespace rsip::gateway {

/// How registered hosts speak to us, and who was registered before. Remembers at most `capacity` of the latter.
class Sessions {
 public:
  explicit Sessions(std::size_t capacity) : capacity_(capacity) {}

  /// A host has registered; it keeps to this transport until it is unregistered (RFC 3103 section 5).
  void begin(const Peer& peer) { sessions_[peer.host] = {peer, {}}; }
  /// Null where the host is not registered.
  const Peer* find(Ipv4 host) const;
  /// The host spoke again: unasked messages go to where it spoke from last.
  void heard(const Peer& peer);
  void end(Ipv4 host, ClientId client);

  /// The client ID of the host's registration that ended last, where it is remembered.
  std::optional<ClientId> former(Ipv4 host) const;
  /// Whether that was this one.
  bool was(Ipv4 host, ClientId client) const { return former(host) == client; }

  /// Where to tell a host, registered or registered before, what is wrong with its packets. Null where it is unknown,
  /// or has just been told the same.
  const Peer* to_be_told(Ipv4 host, wire::ErrorCode code, lease::Time now);

  void forget_all() { *this = Sessions(capacity_); }

 private:
  struct Session {
    Peer peer;
    Pace pace{};
  };
  struct Former {
    ClientId client{};
    Session session;
  };
  std::size_t capacity_;
  std::unordered_map<Ipv4, Session> sessions_;
  std::unordered_map<Ipv4, Former> former_;
  std::deque<std::pair<Ipv4, ClientId>> ended_;  ///< oldest first; entries that a later end has superseded stay
};

}  // namespace rsip::gateway
