// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/followed_sas.hpp"

#include <algorithm>

namespace rsip::host {
namespace {

/// What an order of ours asks for by name.
std::vector<Run<Spi>> just(Spi spi) {
  return {Run<Spi>{spi, 1}};
}

bool covers(const Binding& binding, Ipv4 address, Spi spi) {
  if (!binding.held || binding.held->grant.address != address) return false;
  const Grant& grant = binding.held->grant;
  return grant.kind == Kind::rsa_ip ||
         std::ranges::any_of(grant.spis, [spi](const Run<Spi>& run) { return run.contains(spi); });
}

bool covered(const Bindings& bindings, Ipv4 address, Spi spi) {
  return std::ranges::any_of(bindings.all(), [&](const Binding& binding) { return covers(binding, address, spi); });
}

/// Whether the association's peer may be spoken to with this binding.
bool serves(const Binding& binding, const xfrm::Association& association) {
  if (!binding.held || binding.held->grant.address != association.id.destination) return false;
  const std::optional<RemoteHost>& remote = binding.held->grant.remote;
  const auto* address = remote ? std::get_if<Ipv4>(&remote->host) : nullptr;
  return address == nullptr || association.source == Ipv4{} || association.source == *address;
}

/// The binding that lets the host use the address with the association's peer: the new one shares its tunnel, remote
/// and lease. Null where there is none.
const Binding* model_for(const Bindings& bindings, const xfrm::Association& association) {
  const auto found =
      std::ranges::find_if(bindings.all(), [&](const Binding& binding) { return serves(binding, association); });
  return found == bindings.all().end() ? nullptr : &*found;
}

Wish wish_for(const Binding& model, const xfrm::SaId& id) {
  return {.kind = Kind::rsipsec,
          .ports = 0,
          .spis = 1,
          .lease = model.wish.lease,
          .tunnel = model.held->grant.tunnel,
          .address = id.destination,
          .remote = model.wish.remote,
          .local_spis = just(id.spi)};
}

}  // namespace

void FollowedSas::appeared(const xfrm::Association& association, const Bindings& bindings, TimePoint now) {
  const Key key{association.id.destination, association.id.spi};
  if (const auto known = spis_.find(key); known != spis_.end()) {
    Followed& followed = known->second;
    if (followed.associations.empty() && followed.phase == Phase::leased) leave(unused_, known);
    followed.associations.insert_or_assign(association.id.protocol, association);
    return;
  }
  if (model_for(bindings, association) == nullptr) return;
  const auto position = spis_.emplace(key, Followed{{{association.id.protocol, association}}, now}).first;
  if (covered(bindings, key.address, key.spi)) {
    position->second.phase = Phase::covered;
  } else {
    want(position, now);
  }
}

void FollowedSas::gone(const xfrm::SaId& id, TimePoint now) {
  const auto position = spis_.find({id.destination, id.spi});
  if (position != spis_.end()) remove(position, id.protocol, now);
}

void FollowedSas::flushed(std::optional<xfrm::Protocol> protocol, TimePoint now) {
  for (const xfrm::Protocol each : {xfrm::Protocol::esp, xfrm::Protocol::ah}) {
    if (protocol && *protocol != each) continue;
    for (auto position = spis_.begin(); position != spis_.end();) remove(position++, each, now);
  }
}

void FollowedSas::resync(std::span<const xfrm::Association> all, const Bindings& bindings, TimePoint now) {
  std::set<xfrm::SaId> there;
  for (const xfrm::Association& association : all) there.insert(association.id);
  for (const xfrm::Protocol each : {xfrm::Protocol::esp, xfrm::Protocol::ah}) {
    for (auto position = spis_.begin(); position != spis_.end();) {
      const auto current = position++;
      const Key& key = current->first;
      if (!there.contains({key.address, key.spi, each})) remove(current, each, now);
    }
  }
  for (const xfrm::Association& association : all) appeared(association, bindings, now);
}

void FollowedSas::remove(Spis::iterator position, xfrm::Protocol protocol, TimePoint now) {
  Followed& followed = position->second;
  if (followed.associations.erase(protocol) == 0 || !followed.associations.empty()) return;
  switch (followed.phase) {
    case Phase::wanted:
      leave(wanted_, position);
      spis_.erase(position);
      break;
    case Phase::refused:
      leave(refused_, position);
      spis_.erase(position);
      break;
    case Phase::covered:
      spis_.erase(position);
      break;
    case Phase::asked:
      break;  // the answer decides
    case Phase::leased:
      enter(unused_, position, now + linger);
      break;
  }
}

void FollowedSas::enter(Due& list, Spis::iterator position, TimePoint due) {
  position->second.due = due;
  list.emplace(due, position->first);
}

void FollowedSas::want(Spis::iterator position, TimePoint due) {
  position->second.phase = Phase::wanted;
  enter(wanted_, position, due);
}

void FollowedSas::bindings_changed(const Bindings& bindings, TimePoint now) {
  std::set<Key> ours;
  for (const Binding& binding : bindings.all()) {
    if (!binding.held) continue;
    for (const Run<Spi>& run : binding.wish.local_spis) ours.insert({binding.held->grant.address, run.first});
  }
  for (auto position = spis_.begin(); position != spis_.end();) {
    const auto current = position++;
    const Key& key = current->first;
    Followed& followed = current->second;
    if (followed.phase != Phase::leased && followed.phase != Phase::covered) continue;
    if (ours.contains(key) || covered(bindings, key.address, key.spi)) continue;
    followed.since = now;
    if (followed.phase == Phase::covered) {
      want(current, now);
    } else if (followed.associations.empty()) {
      leave(unused_, current);
      spis_.erase(current);
    } else {
      want(current, followed.backoff.again(now));
    }
  }
}

void FollowedSas::recovered(TimePoint now) {
  const Due all = std::exchange(wanted_, {});
  for (const auto& [due, key] : all) enter(wanted_, spis_.find(key), std::min(due, now));
}

std::optional<Order> FollowedSas::next(const Bindings& bindings, TimePoint now) {
  if (asked_ || freeing_) return std::nullopt;
  std::optional<Order> order = next_lease(bindings, now);
  return order ? order : next_free(bindings, now);
}

std::optional<Order> FollowedSas::next_lease(const Bindings& bindings, TimePoint now) {
  while (!wanted_.empty() && wanted_.begin()->first <= now) {
    const Key key = wanted_.begin()->second;
    wanted_.erase(wanted_.begin());
    const auto position = spis_.find(key);
    Followed& followed = position->second;
    if (covered(bindings, key.address, key.spi)) {
      followed.phase = Phase::covered;
      continue;
    }
    const xfrm::Association& association = followed.associations.begin()->second;
    const Binding* model = model_for(bindings, association);
    if (model == nullptr) {
      spis_.erase(position);
      continue;
    }
    followed.phase = Phase::asked;
    asked_ = key;
    return Assign{wish_for(*model, association.id)};
  }
  return std::nullopt;
}

std::optional<Order> FollowedSas::next_free(const Bindings& bindings, TimePoint now) {
  while (!unused_.empty() && unused_.begin()->first <= now) {
    const Key key = unused_.begin()->second;
    unused_.erase(unused_.begin());
    spis_.erase(key);
    const auto found = std::ranges::find_if(bindings.all(), [&key](const Binding& binding) {
      return binding.held && binding.held->grant.address == key.address && binding.wish.local_spis == just(key.spi);
    });
    if (found == bindings.all().end()) continue;
    freeing_ = true;
    return Free{found->held->grant.bind};
  }
  return std::nullopt;
}

std::optional<TimePoint> FollowedSas::deadline() const {
  if (asked_ || freeing_) return std::nullopt;
  std::optional<TimePoint> first;
  for (const Due* due : {&wanted_, &unused_, &refused_}) {
    if (!due->empty()) first = std::min(first.value_or(due->begin()->first), due->begin()->first);
  }
  return first;
}

FollowedSas::Answer FollowedSas::answered(const Outcome& outcome, TimePoint now) {
  Answer answer;
  freeing_ = false;
  if (!asked_) return answer;
  const Key key = *std::exchange(asked_, std::nullopt);
  const auto position = spis_.find(key);
  Followed& followed = position->second;
  if (std::holds_alternative<Assigned>(outcome)) {
    followed.phase = Phase::leased;
    answer.leased = key.spi;
    answer.took = now - followed.since;
    if (followed.associations.empty()) enter(unused_, position, now);
    return answer;
  }
  const auto* failure = std::get_if<Failure>(&outcome);
  const auto* refused = failure != nullptr ? std::get_if<Refused>(failure) : nullptr;
  const bool in_use = refused != nullptr && refused->code == wire::ErrorCode::ipsec_spi_inuse;
  if (in_use && !followed.associations.empty()) {
    followed.phase = Phase::refused;
    enter(refused_, position, now + settling);
    return answer;
  }
  if (followed.associations.empty() || (failure != nullptr && std::holds_alternative<SessionOver>(*failure))) {
    spis_.erase(position);
    return answer;
  }
  answer.failed = key.spi;
  want(position, followed.backoff.again(now));
  return answer;
}

std::vector<xfrm::Association> FollowedSas::refused(TimePoint now) {
  std::vector<xfrm::Association> all;
  while (!refused_.empty() && refused_.begin()->first <= now) {
    const auto position = spis_.find(refused_.begin()->second);
    refused_.erase(refused_.begin());
    for (const auto& [protocol, association] : position->second.associations) all.push_back(association);
    spis_.erase(position);
  }
  return all;
}

}  // namespace rsip::host
