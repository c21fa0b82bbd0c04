// SPDX-License-Identifier: GPL-2.0-or-later
// Leases of an earlier run of the daemon, or what is left of them: some have ended while nothing ran, some this
// configuration does not have any more.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "gateway/gateway.hpp"

namespace rsip::gateway {

class Gateway::Restoration {
 public:
  Restoration(Gateway& gateway, const store::Saved& saved, lease::Time now)
      : gateway_(gateway), now_(now), rests_(saved.rests) {
    // A datagram that was answered later says better where its host is.
    for (const store::SavedAnswer& last : saved.answers) ports_[last.host] = last.port;
  }

  void restore(const store::SavedHost& saved) {
    const lease::Registration& registration = saved.registration;
    const bool over = is_over(registration.expires);
    const Peer peer = peer_of(saved);
    if (over || !gateway_.policy_.may_register(registration.host) ||
        !gateway_.leases_.restore_registration(registration)) {
      for (const auto& [bind, binding] : registration.bindings) lose(peer, registration, binding);
      lose(peer, registration, over ? End::expired : End::revoked);
      return;
    }
    if (saved.session.is_known()) gateway_.sessions_.begin(peer);
    for (const auto& [bind, binding] : registration.bindings) {
      const bool has = !is_over(binding.expires) && gateway_.may_still_have(registration.host, binding) &&
                       gateway_.leases_.restore_binding(registration.host, binding, now_);
      if (!has) lose(peer, registration, binding);
    }
    for (const lease::IkeState& state : registration.ike) {
      if (gateway_.leases_.restore_ike(registration.host, state)) continue;
      if (store::Journal* journal = gateway_.record()) journal->ike_forgotten(registration.host, state);
    }
  }

  /// When all bindings have what is theirs.
  void restore_rests() {
    std::ranges::stable_sort(rests_, {}, &store::SavedRest::ended);
    const std::chrono::seconds hold = gateway_.leases_.config().hold;
    // A host may have had a whole address by several bindings: it rests from the end of the last one on.
    std::unordered_map<Ipv4, const store::SavedRest*> last;
    for (const store::SavedRest& rest : rests_) last[rest.address] = &rest;
    for (const store::SavedRest& rest : rests_) {
      if (rest.ended + hold <= now_) continue;
      if (rest.numbers.is_whole_address() && last[rest.address] != &rest) continue;
      gateway_.leases_.restore_rest(rest.address, rest.numbers, rest.ended + hold, now_);
    }
  }

 private:
  bool is_over(lease::Time expires) const { return expires + lease::grace <= now_; }

  Peer peer_of(const store::SavedHost& saved) const {
    const store::Session& session = saved.session;
    Peer peer{saved.registration.host, session.port, session.gateway, Transport::tcp, session.endpoint};
    if (session.udp) {
      peer.transport = Transport::udp;
      if (const auto port = ports_.find(peer.host); port != ports_.end()) peer.port = port->second;
    }
    return peer;
  }

  /// The host is told as if it had ended while we ran (RFC 3103 section 9.13.1).
  void lose(const Peer& peer, const lease::Registration& registration, const lease::Binding& binding) {
    const bool over = is_over(binding.expires);
    const lease::Time ended = over ? binding.expires : now_;
    if (store::Journal* journal = gateway_.record()) journal->ended(peer.host, binding.id, ended);
    wire::FreeResponse freed;
    freed.client = registration.client;
    freed.bind = binding.id;
    gateway_.tell(peer, freed);
    rests_.push_back({binding.address, {binding.ports, binding.spis, binding.prefix}, ended});
    gateway_.notify({.kind = Event::Kind::binding_ended,
                     .at = now_,
                     .host = peer.host,
                     .client = registration.client,
                     .bind = binding.id,
                     .end = over ? End::expired : End::revoked,
                     .binding = &binding});
  }

  void lose(const Peer& peer, const lease::Registration& registration, End end) {
    if (store::Journal* journal = gateway_.record()) journal->deregistered(peer.host);
    wire::DeregisterResponse over;
    over.client = registration.client;
    gateway_.tell(peer, over);
    gateway_.notify({.kind = Event::Kind::registration_ended,
                     .at = now_,
                     .host = peer.host,
                     .client = registration.client,
                     .end = end});
  }

  Gateway& gateway_;
  lease::Time now_;
  std::vector<store::SavedRest> rests_;
  std::unordered_map<Ipv4, std::uint16_t> ports_;  ///< from which hosts spoke last, over UDP
};

void Gateway::restore(const store::Saved& saved, lease::Time now) {
  leases_ = leases_.emptied();
  sessions_.forget_all();
  last_answers_.forget_all();
  authenticator_.forget_all();
  unasked_.clear();
  gathered_.clear();

  Restoration restoration(*this, saved, now);
  for (const store::SavedHost& host : saved.hosts) restoration.restore(host);
  restoration.restore_rests();
  for (const store::SavedAnswer& last : saved.answers) {
    last_answers_.remember(last.host, last.port, last.counter, last.answer);
  }
  for (const store::SavedProof& last : saved.proofs) authenticator_.recall(last.host, last.stamp, last.hmac);
  tunnels_.retire_unless([this](Ipv4 host, TunnelType type) {
    return needed(host, [type](const lease::Binding& binding) { return binding.tunnel == type; });
  });
}

/// Whether the policy, as it is now, grants bindings of this kind.
bool Gateway::may_still_have(Ipv4 host, const lease::Binding& binding) const {
  const lease::Request request{.kind = binding.kind};
  return policy_.offers(binding.tunnel) && !forbidden(host, request);
}

}  // namespace rsip::gateway
