// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/lease_table.hpp"

#include <algorithm>
#include <cassert>

namespace rsip::lease {

namespace {

template <typename Id>
Refusal refusal_of(PublicAddress::Failure failure);

template <>
Refusal refusal_of<Port>(PublicAddress::Failure failure) {
  switch (failure) {
    case PublicAddress::Failure::in_use:
      return Refusal::ports_in_use;
    case PublicAddress::Failure::out_of_range:
      return Refusal::ports_unallowed;
    case PublicAddress::Failure::unavailable:
      break;
  }
  return Refusal::ports_unavailable;
}

/// RFC 3104 section 6.2 knows one refusal of a suggested SPI, IPSEC_SPI_INUSE, whatever the reason.
template <>
Refusal refusal_of<Spi>(PublicAddress::Failure failure) {
  return failure == PublicAddress::Failure::unavailable ? Refusal::spis_unavailable : Refusal::spis_in_use;
}

template <typename Id>
std::uint32_t count(const std::vector<Run<Id>>& runs) {
  std::uint32_t sum = 0;
  for (const Run<Id>& run : runs) sum += run.count;
  return sum;
}

}  // namespace

std::optional<Time> ipsec_until(const Registration& registration, Ipv4 address, const Binding* without) {
  const auto on_address = registration.ipsec.find(address);
  if (on_address == registration.ipsec.end()) return std::nullopt;
  for (auto last = on_address->second.rbegin(); last != on_address->second.rend(); ++last) {
    if (without == nullptr || last->second != without->id) return last->first;
  }
  return std::nullopt;
}

LeaseTable::LeaseTable(Config config, Random random) : config_(std::move(config)), random_(std::move(random)) {
  for (const Ipv4 address : config_.pool) {
    address_index_.emplace(address, addresses_.size());
    addresses_.emplace_back(address, config_);
  }
}

Granted<const Registration*> LeaseTable::register_host(Ipv4 host, Time now) {
  if (registrations_.contains(host)) return tl::unexpected(Refusal::already_registered);
  if (registrations_.size() >= config_.max_hosts) return tl::unexpected(Refusal::too_many_hosts);

  ClientId client{};
  do {
    // Two halves, because the bound of a random number is itself only 32 bits wide.
    client = static_cast<ClientId>(random_(0x10000) << 16 | random_(0x10000));
  } while (client == ClientId{0} || !clients_.insert(client).second);

  Registration& made = registrations_[host];
  made.client = client;
  made.host = host;
  made.slot = new_slot();
  made.expires = now + config_.registration_lease;
  due_.insert({made.expires + grace, true, host, BindId{0}});
  return &made;
}

std::uint32_t LeaseTable::new_slot() {
  if (free_slots_.empty()) return ++slots_;
  return free_slots_.extract(free_slots_.begin()).value();
}

const Registration* LeaseTable::find(Ipv4 host) const {
  const auto found = registrations_.find(host);
  return found == registrations_.end() ? nullptr : &found->second;
}

Granted<const Registration*> LeaseTable::registration(Ipv4 host, ClientId client) const {
  const Registration* found = find(host);
  if (found == nullptr) return tl::unexpected(Refusal::not_registered);
  if (found->client != client) return tl::unexpected(Refusal::bad_client_id);
  return found;
}

Granted<const Binding*> LeaseTable::binding(const Registration& registration, BindId bind, Time now) const {
  const auto found = registration.bindings.find(bind);
  if (found == registration.bindings.end() || found->second.expires <= now) {
    return tl::unexpected(Refusal::bad_bind_id);
  }
  return &found->second;
}

LeaseTime LeaseTable::granted_lease(std::optional<LeaseTime> suggested) const {
  return std::clamp(suggested.value_or(config_.lease), LeaseTime{1}, config_.max_lease);
}

Granted<const Binding*> LeaseTable::assign(Ipv4 host, const Request& request, Time now) {
  const auto found = registrations_.find(host);
  if (found == registrations_.end()) return tl::unexpected(Refusal::not_registered);
  Registration& registration = found->second;

  if (registration.bindings.size() >= config_.max_bindings) return tl::unexpected(Refusal::too_many_bindings);
  if (request.ports.count() > config_.max_ports - registration.ports_held) {
    return tl::unexpected(Refusal::ports_unavailable);
  }
  if (request.spis.count() > config_.max_spis - registration.spis_held) {
    return tl::unexpected(Refusal::spis_unavailable);
  }

  const Granted<PublicAddress*> preferred = choose_address(registration, request);
  if (!preferred) return tl::unexpected(preferred.error());

  Binding made;
  Granted<void> taken = take(**preferred, request, now, made);
  if (!taken && !request.address) {
    // Another address of the pool may have what the preferred one lacks.
    for (PublicAddress& other : addresses_) {
      if (&other == *preferred) continue;
      taken = take(other, request, now, made);
      if (taken) break;
    }
  }
  if (!taken) return tl::unexpected(taken.error());

  made.id = static_cast<BindId>(++registration.last_bind);
  made.ipsec = request.ipsec;
  made.expires = now + granted_lease(request.lease);
  registration.ports_held += count(made.ports);
  registration.spis_held += count(made.spis);
  if (made.ipsec) registration.ipsec[made.address].emplace(made.expires, made.id);
  due_.insert({made.expires + grace, false, host, made.id});
  extend_registration(registration, made.expires);
  return &registration.bindings.emplace(made.id, std::move(made)).first->second;
}

/// A host keeps to the address it has; a new one goes to a random address, so that load spreads.
Granted<PublicAddress*> LeaseTable::choose_address(const Registration& registration, const Request& request) {
  if (request.address) {
    const auto found = address_index_.find(*request.address);
    if (found == address_index_.end()) return tl::unexpected(Refusal::address_unallowed);
    return &addresses_[found->second];
  }
  if (!registration.bindings.empty()) return &public_address(registration.bindings.rbegin()->second.address);
  return &addresses_[random_(static_cast<std::uint32_t>(addresses_.size()))];
}

Granted<void> LeaseTable::take(PublicAddress& from, const Request& request, Time now, Binding& into) {
  PublicAddress::Taken<Port> ports = from.take_ports(request.ports, now, random_);
  if (const auto* failure = std::get_if<PublicAddress::Failure>(&ports)) {
    return tl::unexpected(refusal_of<Port>(*failure));
  }
  PublicAddress::Taken<Spi> spis = from.take_spis(request.spis, now, random_);
  if (const auto* failure = std::get_if<PublicAddress::Failure>(&spis)) {
    from.give_back(std::get<0>(ports), {});
    return tl::unexpected(refusal_of<Spi>(*failure));
  }
  into.address = from.address();
  into.ports = std::get<0>(std::move(ports));
  into.spis = std::get<0>(std::move(spis));
  return {};
}

PublicAddress& LeaseTable::public_address(Ipv4 address) {
  return addresses_[address_index_.at(address)];
}

/// RFC 3103 section 6: R = max(R, Bi).
void LeaseTable::extend_registration(Registration& registration, Time expires) {
  if (expires <= registration.expires) return;
  due_.erase({registration.expires + grace, true, registration.host, BindId{0}});
  registration.expires = expires;
  due_.insert({registration.expires + grace, true, registration.host, BindId{0}});
}

void LeaseTable::extend(Ipv4 host, BindId bind, Time expires) {
  Registration& registration = registrations_.at(host);
  Binding& extended = registration.bindings.at(bind);
  due_.erase({extended.expires + grace, false, host, bind});
  if (extended.ipsec) {
    auto& on_address = registration.ipsec[extended.address];
    on_address.erase({extended.expires, bind});
    on_address.emplace(expires, bind);
  }
  extended.expires = expires;
  due_.insert({expires + grace, false, host, bind});
  extend_registration(registration, expires);
}

void LeaseTable::remove_binding(Registration& registration, std::map<BindId, Binding>::iterator position) {
  const Binding& removed = position->second;
  auto& cookies = public_address(removed.address).cookies();
  for (const Cookie cookie : removed.cookies) cookies.erase(cookie);
  if (removed.ipsec) {
    const auto on_address = registration.ipsec.find(removed.address);
    on_address->second.erase({removed.expires, removed.id});
    if (on_address->second.empty()) registration.ipsec.erase(on_address);
  }
  registration.ports_held -= count(removed.ports);
  registration.spis_held -= count(removed.spis);
  due_.erase({removed.expires + grace, false, registration.host, removed.id});
  registration.bindings.erase(position);
}

void LeaseTable::undo_assign(Ipv4 host, BindId bind) {
  Registration& registration = registrations_.at(host);
  const auto position = registration.bindings.find(bind);
  public_address(position->second.address).give_back(position->second.ports, position->second.spis);
  remove_binding(registration, position);
}

void LeaseTable::free(Ipv4 host, BindId bind, Time now) {
  Registration& registration = registrations_.at(host);
  const auto position = registration.bindings.find(bind);
  assert(position != registration.bindings.end());
  public_address(position->second.address).rest(position->second.ports, position->second.spis, now + config_.hold);
  remove_binding(registration, position);
}

void LeaseTable::deregister(Ipv4 host, Time now) {
  remove_registration(registrations_.at(host), now);
}

void LeaseTable::remove_registration(Registration& registration, Time now) {
  const Ipv4 host = registration.host;
  while (!registration.bindings.empty()) free(host, registration.bindings.begin()->first, now);
  due_.erase({registration.expires + grace, true, host, BindId{0}});
  clients_.erase(registration.client);
  free_slots_.insert(registration.slot);
  registrations_.erase(host);
}

LeaseTable::CookieCheck LeaseTable::check_cookie(Ipv4 host, Ipv4 address, Cookie cookie, Time now) {
  using Verdict = CookieCheck::Verdict;
  const auto found = registrations_.find(host);
  if (found == registrations_.end()) return {};
  Registration& registration = found->second;
  const auto on_address = registration.ipsec.find(address);
  if (on_address == registration.ipsec.end() || on_address->second.rbegin()->first <= now) return {};

  const auto& cookies = public_address(address).cookies();
  if (const auto owner = cookies.find(cookie); owner != cookies.end()) {
    if (owner->second.host != host) return {Verdict::in_use, nullptr, std::nullopt};
    Binding& own = registration.bindings.at(owner->second.bind);
    const auto position = std::find(own.cookies.begin(), own.cookies.end(), cookie);
    std::rotate(position, position + 1, own.cookies.end());
    return {Verdict::known, &own, std::nullopt};
  }

  // The binding that lasts longest, so that the cookie does.
  const Binding& longest = registration.bindings.at(on_address->second.rbegin()->second);
  CookieCheck check{Verdict::unused, &longest, std::nullopt};
  if (longest.cookies.size() >= config_.max_cookies) check.evicted = longest.cookies.front();
  return check;
}

void LeaseTable::learn_cookie(Ipv4 host, const CookieCheck& check, Cookie cookie) {
  Binding& owner = registrations_.at(host).bindings.at(check.binding->id);
  auto& cookies = public_address(owner.address).cookies();
  if (check.evicted) {
    cookies.erase(*check.evicted);
    std::erase(owner.cookies, *check.evicted);
  }
  owner.cookies.push_back(cookie);
  cookies.emplace(cookie, CookieOwner{host, owner.id});
}

std::vector<LeaseTable::Ended> LeaseTable::expire(Time now, std::size_t most) {
  std::vector<Ended> ended;
  while (!due_.empty() && due_.begin()->at <= now && ended.size() < most) {
    const Due due = *due_.begin();
    Registration& registration = registrations_.at(due.host);
    Ended entry{registration.client, due.host, registration.slot, std::nullopt, false};
    if (due.registration) {
      remove_registration(registration, now);
    } else {
      free(due.host, due.bind, now);
      entry.bind = due.bind;
      entry.last_binding = registration.bindings.empty();
    }
    ended.push_back(entry);
  }
  return ended;
}

std::optional<Time> LeaseTable::next_expiry() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->at;
}

}  // namespace rsip::lease
