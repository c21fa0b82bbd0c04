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

/// Whether some packet would belong to both of two bindings of one address. No remotes: every packet.
bool overlap(const std::vector<Remote>& some, const std::vector<Remote>& others) {
  if (some.empty() || others.empty()) return true;
  return std::ranges::any_of(some, [&others](const Remote& one) {
    return std::ranges::any_of(others, [&one](const Remote& other) {
      return one.address == other.address && (!one.port || !other.port || one.port == other.port);
    });
  });
}

}  // namespace

LeaseTable::LeaseTable(Config config, Random random)
    : config_(std::move(config)), random_(std::move(random)), whole_(config_.exclusive_pool) {
  for (const Ipv4 address : config_.pool) {
    address_index_.emplace(address, addresses_.size());
    addresses_.emplace_back(address, config_);
  }
}

LeaseTable LeaseTable::emptied() const {
  LeaseTable table(config_, random_);
  table.away_ = away_;
  return table;
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
  made.expires = now + config_.registration_lease;
  due_.insert({made.expires + grace, true, host, BindId{0}});
  return &made;
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

void LeaseTable::replace_address(Ipv4 former, Ipv4 address, Time now) {
  const std::size_t index = address_index_.at(former);
  std::ranges::replace(config_.pool, former, address);
  address_index_.erase(former);
  address_index_.emplace(address, index);
  former_.insert_or_assign(former, std::move(addresses_[index]));
  std::erase_if(former_, [now](const auto& entry) {
    const std::deque<PublicAddress::Resting>& resting = entry.second.resting();
    return resting.empty() || resting.back().until <= now;
  });
  auto known = former_.extract(address);
  addresses_[index] = known ? std::move(known.mapped()) : PublicAddress(address, config_);
  away_.erase(former);
}

void LeaseTable::set_away(Ipv4 address, bool away) {
  if (away) {
    away_.insert(address);
  } else {
    away_.erase(address);
  }
}

LeaseTime LeaseTable::granted_lease(std::optional<LeaseTime> suggested) const {
  return std::clamp(suggested.value_or(config_.lease), LeaseTime{1}, config_.max_lease);
}

Granted<const Binding*> LeaseTable::assign(Ipv4 host, const Request& request, Time now) {
  const auto found = registrations_.find(host);
  if (found == registrations_.end()) return tl::unexpected(Refusal::not_registered);
  Registration& registration = found->second;

  Granted<Binding> taken = take(registration, request, now);
  if (!taken) return tl::unexpected(taken.error());
  Binding& made = *taken;
  made.id = static_cast<BindId>(++registration.last_bind);
  made.expires = now + granted_lease(request.lease);

  return enter(registration, std::move(made));
}

/// A binding that has its resources becomes one of the registration's.
const Binding* LeaseTable::enter(Registration& registration, Binding made) {
  const Ipv4 host = registration.host;
  if (made.prefix) public_address(made.address).ike().add_prefix(*made.prefix, {host, made.id});
  if (made.kind == Kind::listen_ike) {
    public_address(made.address).ike().add_listener(listened_peers(made), {host, made.id});
  }
  registration.ports_held += count(made.ports);
  registration.spis_held += count(made.spis);
  if (made.kind == Kind::rsa_ip) ++registration.addresses_held;
  for (const Scope& scope : scopes_of(made)) registration.scopes[scope].emplace(made.expires, made.id);
  due_.insert({made.expires + grace, false, host, made.id});
  extend_registration(registration, made.expires);
  return &registration.bindings.emplace(made.id, std::move(made)).first->second;
}

/// The resources of a new binding, within the limits of its host.
Granted<Binding> LeaseTable::take(const Registration& registration, const Request& request, Time now) {
  if (registration.bindings.size() >= config_.max_bindings) return tl::unexpected(Refusal::too_many_bindings);
  if (request.kind == Kind::rsa_ip) return take_whole(registration, request, now);
  if (request.ports.count() > config_.max_ports - registration.ports_held) {
    return tl::unexpected(Refusal::ports_unavailable);
  }
  if (request.spis.count() > config_.max_spis - registration.spis_held) {
    return tl::unexpected(Refusal::spis_unavailable);
  }
  return take_shared(registration, request, now);
}

/// A host that holds the address already gets it once more for other remotes only, as each packet belongs to one
/// binding, and through the same tunnel, as one route leads to it.
Granted<Binding> LeaseTable::take_whole(const Registration& registration, const Request& request, Time now) {
  const bool again = request.address && whole_.holder(*request.address) == registration.host;
  if (again) {
    for (const auto& [id, held] : registration.bindings) {
      if (held.kind != Kind::rsa_ip || held.address != *request.address) continue;
      if (held.tunnel != request.tunnel || overlap(held.remotes, request.remotes)) {
        return tl::unexpected(Refusal::address_in_use);
      }
    }
  } else if (registration.addresses_held >= config_.max_addresses) {
    return tl::unexpected(Refusal::address_unavailable);
  }
  return take_held(registration, request, now);
}

/// A whole address that the limits allow.
Granted<Binding> LeaseTable::take_held(const Registration& registration, const Request& request, Time now) {
  const Granted<Ipv4> taken = whole_.take(request.address, registration.host, now, random_);
  if (!taken) return tl::unexpected(taken.error());
  Binding made = without_numbers(request);
  made.address = *taken;
  return made;
}

/// A binding as it is asked for, before it has anything.
Binding LeaseTable::without_numbers(const Request& request) {
  Binding made;
  made.kind = request.kind;
  made.tunnel = request.tunnel;
  made.gateway = request.gateway;
  made.remotes = request.remotes;
  std::ranges::sort(made.remotes);
  made.remotes.erase(std::unique(made.remotes.begin(), made.remotes.end()), made.remotes.end());
  return made;
}

Granted<Binding> LeaseTable::take_shared(const Registration& registration, const Request& request, Time now) {
  if (request.address) {
    const auto found = address_index_.find(*request.address);
    if (found == address_index_.end()) return tl::unexpected(Refusal::address_unallowed);
    return take_from(addresses_[found->second], registration.host, request, now);
  }
  PublicAddress& usual = usual_address(registration);
  Granted<Binding> taken = take_from(usual, registration.host, request, now);
  for (auto other = addresses_.begin(); !taken && other != addresses_.end(); ++other) {
    // Another address of the pool may have what the usual one lacks.
    if (&*other != &usual) taken = take_from(*other, registration.host, request, now);
  }
  return taken;
}

/// A host keeps to the address it has; a new one goes to a random address, so that load spreads.
PublicAddress& LeaseTable::usual_address(const Registration& registration) {
  for (auto last = registration.bindings.rbegin(); last != registration.bindings.rend(); ++last) {
    if (last->second.shares_address()) return public_address(last->second.address);
  }
  return addresses_[random_(static_cast<std::uint32_t>(addresses_.size()))];
}

Granted<Binding> LeaseTable::take_from(PublicAddress& from, Ipv4 host, const Request& request, Time now) {
  if (away_.contains(from.address())) return tl::unexpected(Refusal::address_unavailable);
  if (request.kind == Kind::listen_ike && !from.ike().may_listen(listened_peers(without_numbers(request)), host)) {
    return tl::unexpected(Refusal::ports_in_use);
  }
  return take_numbers(from, request, now);
}

Granted<Binding> LeaseTable::take_numbers(PublicAddress& from, const Request& request, Time now) {
  Binding made = without_numbers(request);
  made.address = from.address();
  PublicAddress::Taken<Port> ports = from.take_ports(request.ports, request.kind == Kind::listen, now, random_);
  if (const auto* failure = std::get_if<PublicAddress::Failure>(&ports)) {
    return tl::unexpected(refusal_of<Port>(*failure));
  }
  PublicAddress::Taken<Spi> spis = from.take_spis(request.spis, now, random_);
  if (const auto* failure = std::get_if<PublicAddress::Failure>(&spis)) {
    from.give_back({std::get<0>(std::move(ports)), {}, {}});
    return tl::unexpected(refusal_of<Spi>(*failure));
  }
  made.ports = std::get<0>(std::move(ports));
  made.spis = std::get<0>(std::move(spis));
  if (request.prefix_bits >= config_.prefix_bits) made.prefix = from.take_prefix(request.prefix, now, random_);
  return made;
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
  for (const Scope& scope : scopes_of(extended)) {
    auto& in_scope = registration.scopes[scope];
    in_scope.erase({extended.expires, bind});
    in_scope.emplace(expires, bind);
  }
  extended.expires = expires;
  due_.insert({expires + grace, false, host, bind});
  extend_registration(registration, expires);
}

void LeaseTable::remove_binding(Registration& registration, std::map<BindId, Binding>::iterator position) {
  const Binding& removed = position->second;
  if (removed.shares_address()) {
    SharedIke& ike = public_address(removed.address).ike();
    const Holder holder{registration.host, removed.id};
    for (const IkeState& state : registration.ike) {
      if (state.bind != removed.id) continue;
      if (state.cookie) ike.remove_cookie(*state.cookie);
      ike.remove_peer(state.peer, holder);
    }
    std::erase_if(registration.ike, [&removed](const IkeState& state) { return state.bind == removed.id; });
    if (removed.prefix) ike.remove_prefix(*removed.prefix);
    if (removed.kind == Kind::listen_ike) ike.remove_listener(listened_peers(removed), holder);
  }
  for (const Scope& scope : scopes_of(removed)) {
    const auto in_scope = registration.scopes.find(scope);
    in_scope->second.erase({removed.expires, removed.id});
    if (in_scope->second.empty()) registration.scopes.erase(in_scope);
  }
  if (removed.kind == Kind::rsa_ip) --registration.addresses_held;
  registration.ports_held -= count(removed.ports);
  registration.spis_held -= count(removed.spis);
  due_.erase({removed.expires + grace, false, registration.host, removed.id});
  registration.bindings.erase(position);
}

void LeaseTable::undo_assign(Ipv4 host, BindId bind) {
  Registration& registration = registrations_.at(host);
  const auto position = registration.bindings.find(bind);
  const Binding& undone = position->second;
  if (undone.shares_address()) {
    public_address(undone.address).give_back({undone.ports, undone.spis, undone.prefix});
  } else {
    whole_.give_back(undone.address);
  }
  remove_binding(registration, position);
}

void LeaseTable::free(Ipv4 host, BindId bind, Time now) {
  Registration& registration = registrations_.at(host);
  const auto position = registration.bindings.find(bind);
  assert(position != registration.bindings.end());
  const Binding& freed = position->second;
  if (freed.shares_address()) {
    public_address(freed.address).rest({freed.ports, freed.spis, freed.prefix}, now + config_.hold);
  } else {
    whole_.give_back(freed.address, now + config_.hold);
  }
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
  registrations_.erase(host);
}

LeaseTable::CookieCheck LeaseTable::check_cookie(Ipv4 host, const Scope& scope, Cookie cookie, Time now) {
  using Verdict = CookieCheck::Verdict;
  const auto found = registrations_.find(host);
  if (found == registrations_.end()) return {};
  Registration& registration = found->second;
  auto in_scope = registration.scopes.find({scope.address, scope.tunnel, std::nullopt});
  if (in_scope == registration.scopes.end()) in_scope = registration.scopes.find(scope);
  if (in_scope == registration.scopes.end() || in_scope->second.rbegin()->first <= now) return {};

  const SharedIke& ike = public_address(scope.address).ike();
  if (const std::optional<Holder> owner = ike.owner(cookie)) {
    if (owner->host != host) return {Verdict::in_use, nullptr};
    const Binding& own = registration.bindings.at(owner->bind);
    // Known, but for another remote or tunnel, or over: what is in force would not let its answers in.
    if (own.expires <= now || !in_scope->second.contains({own.expires, own.id})) return {Verdict::in_use, nullptr};
    const auto position = std::ranges::find(registration.ike, std::optional(cookie), &IkeState::cookie);
    std::rotate(position, position + 1, registration.ike.end());
    return {Verdict::known, &own};
  }
  const std::optional<Holder> prefix_owner = ike.prefix_owner(cookie);
  if (prefix_owner && prefix_owner->host != host) return {Verdict::in_use, nullptr};
  return {Verdict::unused, oldest(registration, in_scope->second, now)};
}

/// A host's first binding is the one that it keeps extending; those of single SAs, which come after it, go with these.
const Binding* LeaseTable::oldest(const Registration& registration, const std::set<std::pair<Time, BindId>>& among,
                                  Time now) {
  const auto found = std::ranges::find_if(registration.bindings, [&](const auto& entry) {
    const auto& [id, binding] = entry;
    return binding.expires > now && among.contains({binding.expires, id});
  });
  return &found->second;
}

const Binding* LeaseTable::prefix_binding(Ipv4 host, Ipv4 address, Cookie cookie) const {
  const auto found = address_index_.find(address);
  if (found == address_index_.end()) return nullptr;
  const std::optional<Holder> owner = addresses_[found->second].ike().prefix_owner(cookie);
  if (!owner || owner->host != host) return nullptr;
  return &registrations_.at(host).bindings.at(owner->bind);
}

const IkeState* LeaseTable::ike_to_forget(const Registration& registration) const {
  return registration.ike.size() < config_.max_cookies ? nullptr : &registration.ike.front();
}

void LeaseTable::ike_was_used(Ipv4 host, std::uint64_t packets) {
  std::vector<IkeState>& states = registrations_.at(host).ike;
  states.front().packets = packets;
  std::rotate(states.begin(), states.begin() + 1, states.end());
}

void LeaseTable::forget_ike(Ipv4 host) {
  Registration& registration = registrations_.at(host);
  const IkeState forgotten = registration.ike.front();
  registration.ike.erase(registration.ike.begin());
  const Binding& binding = registration.bindings.at(forgotten.bind);
  SharedIke& ike = public_address(binding.address).ike();
  if (forgotten.cookie) ike.remove_cookie(*forgotten.cookie);
  if (!std::ranges::binary_search(ike_peers(registration, binding), forgotten.peer)) {
    ike.remove_peer(forgotten.peer, {host, forgotten.bind});
  }
}

void LeaseTable::learn_ike(Ipv4 host, const IkeState& state) {
  Registration& registration = registrations_.at(host);
  SharedIke& ike = public_address(registration.bindings.at(state.bind).address).ike();
  registration.ike.push_back(state);
  if (state.cookie) ike.add_cookie(*state.cookie, {host, state.bind});
  ike.add_peer(state.peer, {host, state.bind});
}

const SharedIke& LeaseTable::ike(Ipv4 address) const {
  return addresses_[address_index_.at(address)].ike();
}

bool LeaseTable::restore_registration(const Registration& saved) {
  if (registrations_.contains(saved.host) || !clients_.insert(saved.client).second) return false;
  Registration& restored = registrations_[saved.host];
  restored.client = saved.client;
  restored.host = saved.host;
  restored.expires = saved.expires;
  restored.last_bind = saved.last_bind;
  due_.insert({restored.expires + grace, true, restored.host, BindId{0}});
  return true;
}

bool LeaseTable::restore_binding(Ipv4 host, const Binding& saved, Time now) {
  const auto found = registrations_.find(host);
  if (found == registrations_.end() || found->second.bindings.contains(saved.id)) return false;
  Registration& registration = found->second;
  Request request{.kind = saved.kind,
                  .address = saved.address,
                  .ports = {0, saved.ports},
                  .spis = {0, saved.spis},
                  .remotes = saved.remotes,
                  .prefix_bits = saved.prefix ? saved.prefix->bits : std::uint8_t{0},
                  .prefix = saved.prefix,
                  .tunnel = saved.tunnel,
                  .gateway = saved.gateway};
  const auto address = address_index_.find(saved.address);
  if (saved.shares_address() && address == address_index_.end()) return false;
  // What limits a host in what it asks for does not in what it has.
  Granted<Binding> taken = saved.shares_address() ? take_numbers(addresses_[address->second], request, now)
                                                  : take_held(registration, request, now);
  if (!taken) return false;
  taken->id = saved.id;
  taken->expires = saved.expires;
  if (*taken != saved) {
    if (saved.shares_address()) {
      public_address(taken->address).give_back({taken->ports, taken->spis, taken->prefix});
    } else {
      whole_.give_back(taken->address);
    }
    return false;
  }
  enter(registration, std::move(*taken));
  registration.last_bind = std::max(registration.last_bind, number(saved.id));
  return true;
}

bool LeaseTable::restore_ike(Ipv4 host, const IkeState& saved) {
  const auto found = registrations_.find(host);
  if (found == registrations_.end()) return false;
  const auto binding = found->second.bindings.find(saved.bind);
  if (binding == found->second.bindings.end() || !binding->second.shares_address()) return false;
  if (saved.cookie && ike(binding->second.address).owner(*saved.cookie)) return false;
  learn_ike(host, saved);
  return true;
}

void LeaseTable::restore_rest(Ipv4 address, const Numbers& numbers, Time until, Time now) {
  if (numbers.is_whole_address()) {
    // Taken in the name of nobody, as long as it takes to lay it to rest.
    if (whole_.take(address, Ipv4{}, now, random_)) whole_.give_back(address, until);
    return;
  }
  const auto found = address_index_.find(address);
  PublicAddress& from = found != address_index_.end() ? addresses_[found->second]
                                                      : former_.try_emplace(address, address, config_).first->second;
  for (const Run<Port>& run : numbers.ports) {
    PublicAddress::Taken<Port> taken = from.take_ports({0, {run}}, true, now, random_);
    if (std::holds_alternative<std::vector<Run<Port>>>(taken)) from.rest({{run}, {}, {}}, until);
  }
  for (const Run<Spi>& run : numbers.spis) {
    PublicAddress::Taken<Spi> taken = from.take_spis({0, {run}}, now, random_);
    if (std::holds_alternative<std::vector<Run<Spi>>>(taken)) from.rest({{}, {run}, {}}, until);
  }
  if (!numbers.prefix) return;
  const std::optional<CookiePrefix> taken = from.take_prefix(numbers.prefix, now, random_);
  if (taken == numbers.prefix) {
    from.rest({{}, {}, taken}, until);
  } else if (taken) {
    from.give_back({{}, {}, taken});
  }
}

std::vector<LeaseTable::Ended> LeaseTable::expire(Time now, std::size_t most) {
  std::vector<Ended> ended;
  while (!due_.empty() && due_.begin()->at <= now && ended.size() < most) {
    const Due due = *due_.begin();
    Registration& registration = registrations_.at(due.host);
    Ended entry{registration.client, due.host, std::nullopt, {}};
    if (due.registration) {
      remove_registration(registration, now);
    } else {
      entry.binding = registration.bindings.at(due.bind);
      entry.ike_peers = ike_peers(registration, *entry.binding);
      free(due.host, due.bind, now);
    }
    ended.push_back(std::move(entry));
  }
  return ended;
}

std::optional<Time> LeaseTable::next_expiry() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->at;
}

}  // namespace rsip::lease
