// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sole_steering.hpp"

#include <algorithm>
#include <set>

#include "gateway/steering.hpp"

namespace rsip::gateway {

using lease::Binding;
using lease::Holder;
using lease::IkePeers;
using lease::Registration;
using lease::Time;

const Binding& SoleSteering::binding_of(const Holder& holder) const {
  return leases_.find(holder.host)->bindings.at(holder.bind);
}

steer::Elements SoleSteering::elements(const Place& place, const Holder& holder, Time expires, Time now) const {
  const Binding& binding = binding_of(holder);
  const Registration& registration = *leases_.find(holder.host);
  return steer::sole_elements(tunnels_.find(holder.host, binding.tunnel)->device, place.address, place.peer,
                              {registration.client, holder.bind, holder.host}, time_left(expires, now));
}

void SoleSteering::change(steer::Transaction& changes, const Place& place, const Sole& before, const Sole& after,
                          Time now) const {
  if (before == after) return;
  const auto in_force = [&](const Sole& sole) { return sole && binding_of(*sole).expires > now; };
  if (in_force(before)) changes.remove(elements(place, *before, binding_of(*before).expires, now));
  if (in_force(after)) changes.add(elements(place, *after, binding_of(*after).expires, now));
}

void SoleSteering::begin(steer::Transaction& changes, const Registration& registration, const Binding& binding,
                         Time now) const {
  for (const Ipv4 peer : ike_peers(registration, binding)) {
    const IkePeers& peers = leases_.ike(binding.address).peers();
    change(changes, {binding.address, peer}, peers.sole_without(peer, Holder{registration.host, binding.id}),
           peers.sole(peer), now);
  }
}

void SoleSteering::extend(steer::Transaction& changes, const Registration& registration, const Binding& binding,
                          Time expires, Time now) const {
  const Holder holder{registration.host, binding.id};
  for (const Ipv4 peer : ike_peers(registration, binding)) {
    if (leases_.ike(binding.address).peers().sole(peer) != holder) continue;
    changes.replace(elements({binding.address, peer}, holder, expires, now));
  }
}

void SoleSteering::end(steer::Transaction& changes, const Registration& registration, const Binding& binding,
                       Time now) const {
  for (const Ipv4 peer : ike_peers(registration, binding)) {
    const IkePeers& peers = leases_.ike(binding.address).peers();
    change(changes, {binding.address, peer}, peers.sole(peer),
           peers.sole_without(peer, Holder{registration.host, binding.id}), now);
  }
}

void SoleSteering::end(steer::Transaction& changes, const Registration& registration, Time now) const {
  std::set<Place> places;
  for (const auto& [bind, binding] : registration.bindings) {
    for (const Ipv4 peer : ike_peers(registration, binding)) places.insert({binding.address, peer});
  }
  for (const Place& place : places) {
    const IkePeers& peers = leases_.ike(place.address).peers();
    change(changes, place, peers.sole(place.peer), peers.sole_without(place.peer, registration.host), now);
  }
}

/// The elements of what has ended are gone. Whoever is alone now was not while a single one of these was there.
void SoleSteering::ended(steer::Transaction& changes, std::span<const lease::LeaseTable::Ended> ended, Time now) const {
  std::set<Place> done;
  for (const lease::LeaseTable::Ended& one : ended) {
    for (const Ipv4 peer : one.ike_peers) {
      const Place place{one.binding->address, peer};
      const IkePeers& peers = leases_.ike(place.address).peers();
      const Sole after = peers.sole(peer);
      if (peers.sole_with(peer, {one.host, one.binding->id}) == after) continue;
      if (done.insert(place).second) change(changes, place, std::nullopt, after, now);
    }
  }
}

void SoleSteering::of(steer::Transaction& changes, const Registration& registration, Time now) const {
  for (const auto& [bind, binding] : registration.bindings) {
    const Holder holder{registration.host, bind};
    for (const Ipv4 peer : ike_peers(registration, binding)) {
      if (leases_.ike(binding.address).peers().sole(peer) != holder) continue;
      change(changes, {binding.address, peer}, std::nullopt, holder, now);
    }
  }
}

void SoleSteering::learn(steer::Transaction& changes, const Registration& registration, const lease::IkeState& state,
                         Time now) const {
  const Ipv4 address = registration.bindings.at(state.bind).address;
  const IkePeers& peers = leases_.ike(address).peers();
  change(changes, {address, state.peer}, peers.sole(state.peer),
         peers.sole_with(state.peer, {registration.host, state.bind}), now);
}

void SoleSteering::forget(steer::Transaction& changes, const Registration& registration, const lease::IkeState& state,
                          Time now) const {
  const Binding& binding = registration.bindings.at(state.bind);
  const auto same = [&state](const lease::IkeState& other) {
    return other.bind == state.bind && other.peer == state.peer;
  };
  const bool listens = std::ranges::count(listened_peers(binding), state.peer) > 0;
  if (listens || std::ranges::count_if(registration.ike, same) > 1) return;
  const IkePeers& peers = leases_.ike(binding.address).peers();
  change(changes, {binding.address, state.peer}, peers.sole(state.peer),
         peers.sole_without(state.peer, Holder{registration.host, binding.id}), now);
}

}  // namespace rsip::gateway
