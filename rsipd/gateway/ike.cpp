// SPDX-License-Identifier: GPL-2.0-or-later
// What the gateway learns from the IKE of hosts that share port 500: their initiator cookies (RFC 3104 section 6.1) and
// with whom they have IKE.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "gateway/gateway.hpp"
#include "gateway/steering.hpp"
#include "ike/packet.hpp"

namespace rsip::gateway {

namespace {

bool comes_from_shared_port(const ike::Packet& packet) {
  return packet.source_port == ike::ike_port || packet.source_port == ike::nat_t_port;
}

std::string describe(const lease::IkeState& state) {
  return state.cookie ? fmt::format("{:#018x}", number(*state.cookie)) : "by prefix";
}

}  // namespace

steer::Verdict Gateway::judge_ike(std::uint32_t ifindex, std::span<const std::uint8_t> packet, lease::Time now) {
  const std::optional<ike::Packet> ike = ike::parse_packet(packet);
  const TunnelDevice* tunnel = tunnels_.find(ifindex);
  if (!ike || !comes_from_shared_port(*ike) || tunnel == nullptr) return steer::Verdict::drop;

  const Ipv4 host = tunnel->host;
  const Cookie cookie = ike->ike.initiator;
  const lease::LeaseTable::CookieCheck check =
      leases_.check_cookie(host, {ike->source, tunnel->type, ike->destination}, cookie, now);
  switch (check.verdict) {
    case lease::LeaseTable::CookieCheck::Verdict::known:
      return steer::Verdict::accept;
    case lease::LeaseTable::CookieCheck::Verdict::no_binding:
      return steer::Verdict::drop;
    case lease::LeaseTable::CookieCheck::Verdict::in_use: {
      const lease::IkeState refused{{}, ike->destination, cookie};
      notify({.kind = Event::Kind::cookie_in_use, .at = now, .host = host, .address = ike->source, .ike = &refused});
      return steer::Verdict::refuse_cookie;
    }
    case lease::LeaseTable::CookieCheck::Verdict::unused:
      break;
  }
  const bool learned = learn_ike(*tunnel, {check.binding->id, ike->destination, cookie}, now);
  return learned ? steer::Verdict::accept : steer::Verdict::drop;
}

void Gateway::note_ike_peer(std::uint32_t ifindex, std::span<const std::uint8_t> packet, lease::Time now) {
  const std::optional<ike::Packet> ike = ike::parse_packet(packet);
  const TunnelDevice* tunnel = tunnels_.find(ifindex);
  if (!ike || !comes_from_shared_port(*ike) || tunnel == nullptr) return;

  const lease::Binding* binding = leases_.prefix_binding(tunnel->host, ike->source, ike->ike.initiator);
  if (binding == nullptr) binding = leases_.prefix_binding(tunnel->host, ike->source, ike->ike.responder);
  if (binding == nullptr || binding->tunnel != tunnel->type || binding->expires <= now) return;
  const lease::IkeState state{binding->id, ike->destination, std::nullopt};
  const auto is_known = [&state](const lease::IkeState& known) {
    return known.bind == state.bind && known.peer == state.peer && !known.cookie;
  };
  if (std::ranges::any_of(leases_.find(tunnel->host)->ike, is_known)) return;
  learn_ike(*tunnel, state, now);
}

bool Gateway::learn_ike(const TunnelDevice& tunnel, const lease::IkeState& state, lease::Time now) {
  const lease::Registration& registration = *leases_.find(tunnel.host);
  Result<void> done = make_room_for_ike(registration, now);
  if (done) {
    steer::Transaction changes;
    steer_ike(changes, tunnel.device, registration, state, now);
    sole_steering_.learn(changes, registration, state, now);
    done = commit(changes);
  }
  if (!done) {
    spdlog::error("cookie not installed host={} peer={} cookie={}: {}", to_string(tunnel.host), to_string(state.peer),
                  describe(state), done.error().text());
    return false;
  }
  leases_.learn_ike(tunnel.host, state);
  if (store::Journal* journal = record()) journal->ike_learned(tunnel.host, state);
  notify({.kind = Event::Kind::ike_learned,
          .at = now,
          .host = tunnel.host,
          .client = registration.client,
          .bind = state.bind,
          .binding = &registration.bindings.at(state.bind),
          .ike = &state});
  return true;
}

/// Only the kernel sees which of them are used. One that was since it was last asked about becomes the most recently
/// used; where all were, the one goes that was asked about first.
Result<void> Gateway::make_room_for_ike(const lease::Registration& registration, lease::Time now) {
  const lease::IkeState* oldest = leases_.ike_to_forget(registration);
  for (std::size_t asked = 0; oldest != nullptr && asked < registration.ike.size(); ++asked) {
    const lease::Binding& binding = registration.bindings.at(oldest->bind);
    const steer::Device& device = tunnels_.find(registration.host, binding.tunnel)->device;
    const Result<std::uint64_t> packets = kernel_.packets(counted_element(device, registration, *oldest));
    // Not there: its time is over, or its counter began anew when the lease was extended.
    if (!packets || *packets == 0 || *packets == oldest->packets) break;
    leases_.ike_was_used(registration.host, *packets);
    oldest = leases_.ike_to_forget(registration);
  }
  if (oldest == nullptr) return {};
  return forget_ike(registration, now);
}

Result<void> Gateway::forget_ike(const lease::Registration& registration, lease::Time now) {
  const lease::IkeState forgotten = registration.ike.front();
  const lease::Binding& binding = registration.bindings.at(forgotten.bind);
  steer::Transaction changes;
  unsteer_ike(changes, tunnels_.find(registration.host, binding.tunnel)->device, registration, forgotten, now);
  sole_steering_.forget(changes, registration, forgotten, now);
  if (Result<void> done = commit(changes); !done) return done;
  leases_.forget_ike(registration.host);
  if (store::Journal* journal = record()) journal->ike_forgotten(registration.host, forgotten);
  return {};
}

}  // namespace rsip::gateway
