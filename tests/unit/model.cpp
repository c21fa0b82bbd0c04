// SPDX-License-Identifier: GPL-2.0-or-later
#include "model.hpp"

#include <algorithm>

#include "each_of.hpp"
#include "gateway/error.hpp"
#include "ike/packet.hpp"
#include "model_says.hpp"

namespace rsip::test {

using namespace says;
using gateway::Bytes;
using gateway::error;
using gateway::Peer;
using gateway::Transport;
using lease::Kind;
using lease::PublicAddress;
using lease::Time;
using wire::ErrorCode;

std::string name(const wire::Message& message) {
  const auto* error = std::get_if<wire::ErrorResponse>(&message);
  return std::string(error != nullptr ? wire::name(error->error) : wire::name(wire::type_of(message)));
}

namespace {

unsigned number_of(const wire::Message& message) {
  return static_cast<unsigned>(wire::type_of(message));
}

std::optional<Counter> counter_of(const wire::Message& message) {
  return std::visit([](const auto& any) { return any.counter; }, message);
}

bool starts_session(const wire::Message& message) {
  return std::holds_alternative<wire::RegisterRequest>(message) ||
         std::holds_alternative<wire::DeregisterRequest>(message);
}

}  // namespace

template <typename Id>
std::size_t Model::Numbers<Id>::free(Time now) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [now](const One& one) { return !one.owned && one.free_from <= now; }));
}

template <typename Id>
std::size_t Model::Numbers<Id>::longest_free_run(Time now) const {
  std::size_t longest = 0;
  std::size_t current = 0;
  for (const One& one : all) {
    current = !one.owned && one.free_from <= now ? current + 1 : 0;
    longest = std::max(longest, current);
  }
  return longest;
}

template <typename Id>
void Model::Numbers<Id>::compare(const lease::NumberPool& pool, const std::deque<PublicAddress::Resting>& resting,
                                 PublicAddress::Kind kind, Time now) const {
  // A rest that is over ends when somebody takes a number.
  std::uint64_t free_there = pool.free();
  for (const PublicAddress::Resting& rest : resting) {
    const Id first = static_cast<Id>(rest.interval.first);
    const bool ours = rest.kind == kind && range.contains(first) && !one(first).owned;
    if (ours && rest.until <= now) free_there += rest.interval.count;
  }
  require(free_there == free(now),
          std::to_string(free_there) + " numbers free; the model has " + std::to_string(free(now)));
}

Model::Model(gateway::Policy policy, lease::Config config, std::set<std::pair<Ipv4, Spi>> own_sas)
    : policy_(std::move(policy)), config_(std::move(config)), own_sas_(std::move(own_sas)) {
  for (const Ipv4 address : config_.pool) {
    Address& made = addresses_
                        .emplace(address, Address{Numbers<Port>(config_.ports),
                                                  Numbers<Port>(*config_.listen_ports),
                                                  Numbers<Spi>(config_.spis),
                                                  Numbers<Spi>(*config_.suggested_spis),
                                                  {}})
                        .first->second;
    for (const Spi spi : each_of(std::vector{config_.spis})) {
      if (made.suggested_spis.range.contains(spi)) made.suggested_spis.one(spi).owned = true;
    }
    // RFC 3104 section 4: hosts share IKE's port, so nobody has it.
    if (made.listen_ports.range.contains(ike::ike_port)) made.listen_ports.one(ike::ike_port).owned = true;
  }
  for (const Ipv4 address : config_.exclusive_pool) whole_.emplace(address, Time{});
}

template struct Model::Numbers<Port>;
template struct Model::Numbers<Spi>;

std::size_t Model::Host::count(const std::function<std::size_t(const Binding&)>& each) const {
  std::size_t sum = 0;
  for (const auto& [bind, binding] : bindings) sum += each(binding);
  return sum;
}

bool Model::Host::has_tunnel(TunnelType type) const {
  return count([type](const Binding& binding) { return binding.tunnel == type ? 1U : 0U; }) > 0;
}

std::optional<ClientId> Model::former_client(Ipv4 host) const {
  const auto last =
      std::ranges::find(unregistered_.rbegin(), unregistered_.rend(), host, &std::pair<Ipv4, ClientId>::first);
  return last == unregistered_.rend() ? std::nullopt : std::optional(last->second);
}

std::optional<ClientId> Model::client(Ipv4 host) const {
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? std::nullopt : std::optional(found->second.client);
}

std::optional<BindId> Model::binding(Ipv4 host, std::size_t nth) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || nth >= found->second.bindings.size()) return std::nullopt;
  return std::next(found->second.bindings.begin(), static_cast<std::ptrdiff_t>(nth))->first;
}

std::optional<wire::Message> Model::answered(const Peer& peer, const wire::Message& request,
                                             const std::optional<Bytes>& answer, Failures failures, Time now) {
  std::optional<wire::Message> message;
  if (answer) {
    auto decoded = wire::decode(*answer);
    require(decoded.has_value(), "an answer that is no message: " + to_hex(*answer));
    message = *decoded;
  }
  if (number_of(request) % 2 == 1) {  // a response, which only gateways send
    require(!answer, "an answer to a response");
    return message;
  }
  if (peer.transport == Transport::udp && !is_new_datagram(peer, request, answer, message)) return message;

  const std::optional<Counter> counter = counter_of(request);
  require(!message || counter_of(*message) == counter, "the answer has another counter than the request");
  std::optional<wire::Message> uncounted = message;
  if (uncounted) std::visit([](auto& any) { any.counter.reset(); }, *uncounted);
  const auto host = hosts_.find(peer.host);
  if (host != hosts_.end() && host->second.transport != peer.transport && !starts_session(request)) {
    // RFC 3103 section 5: no switching during a registration.
    expect(uncounted, error(peer.transport == Transport::udp ? ErrorCode::use_tcp : ErrorCode::unknown_error));
    return message;
  }
  std::visit([&](const auto& any) { check(any, {peer, uncounted, failures, now}); }, request);
  return message;
}

/// RFC 3103 section 10.1. The others are answered here.
bool Model::is_new_datagram(const Peer& peer, const wire::Message& request, const std::optional<Bytes>& answer,
                            const std::optional<wire::Message>& message) {
  const std::optional<Counter> counter = counter_of(request);
  if (!counter) {
    expect(message, error(ErrorCode::message_counter_required));
    return false;
  }
  const auto last = last_datagrams_.find(peer.host);
  if (last != last_datagrams_.end() && last->second.port == peer.port) {
    if (last->second.counter == *counter) {
      require(answer == last->second.answer, "not the last answer again");
      return false;
    }
    if (number(*counter) < number(last->second.counter) && !starts_session(request)) {
      require(!answer, "an answer to a late copy");
      return false;
    }
  }
  if (answer && policy_.may_register(peer.host)) last_datagrams_[peer.host] = {peer.port, *counter, *answer};
  return true;
}

std::optional<ErrorCode> Model::refusal(Ipv4 host, ClientId client) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return ErrorCode::register_first;
  if (found->second.client != client) return ErrorCode::bad_client_id;
  return std::nullopt;
}

void Model::check(const wire::RegisterRequest& /*request*/, const Circumstances& given) {
  const Ipv4 host = given.peer.host;
  if (!policy_.may_register(host)) return expect(given.answer, error(ErrorCode::registration_denied));
  if (const auto present = client(host)) return expect(given.answer, error(ErrorCode::already_registered, present));
  if (hosts_.size() >= config_.max_hosts) return expect(given.answer, error(ErrorCode::registration_denied));

  const auto& response = expect_a<wire::RegisterResponse>(given.answer);
  require(response.client != ClientId{0}, "a client ID of 0");
  for (const auto& [other, present] : hosts_) {
    require(response.client != present.client, "the client ID of " + to_string(other));
  }
  wire::RegisterResponse expected;
  expected.client = response.client;
  expected.lease = config_.registration_lease;
  expected.policy = policy_.flow_policy(host);
  expected.methods = {wire::Method::rsap_ip};
  if (expected.policy.local == wire::LocalPolicy::macro) expected.methods.push_back(wire::Method::rsa_ip);
  if (policy_.may_use_ipsec(host)) expected.methods.push_back(wire::Method::rsipsec);
  expected.tunnels = policy_.tunnels;
  expect(given.answer, expected);

  Host& made = hosts_[host];
  made.client = response.client;
  made.expires = given.now + config_.registration_lease;
  made.transport = given.peer.transport;
}

void Model::check(const wire::DeregisterRequest& request, const Circumstances& given) {
  const Ipv4 host = given.peer.host;
  if (const auto code = refusal(host, request.client)) {
    const std::size_t remembered = std::min<std::size_t>(unregistered_.size(), config_.max_hosts);
    const bool again = std::find(unregistered_.end() - static_cast<std::ptrdiff_t>(remembered), unregistered_.end(),
                                 std::pair(host, request.client)) != unregistered_.end() &&
                       former_client(host) == request.client;
    const bool told = *code == ErrorCode::register_first && again;
    return expect(given.answer, error(told ? ErrorCode::already_unregistered : *code, request.client));
  }
  if (given.failures.commits) {
    return expect(given.answer, error(ErrorCode::internal_server_error, request.client));
  }
  wire::DeregisterResponse expected;
  expected.client = request.client;
  expect(given.answer, expected);
  unregister(host, given.now);
}

void Model::check(const wire::ExtendRequest& request, const Circumstances& given) {
  if (const auto code = refusal(given.peer.host, request.client)) {
    return expect(given.answer, error(*code, request.client));
  }
  Host& host = hosts_.at(given.peer.host);
  const auto found = host.bindings.find(request.bind);
  if (found == host.bindings.end() || found->second.expires <= given.now) {
    return expect(given.answer, error(ErrorCode::bad_bind_id, request.client, request.bind));
  }
  if (given.failures.commits) {
    return expect(given.answer, error(ErrorCode::internal_server_error, request.client, request.bind));
  }
  wire::ExtendResponse expected;
  expected.client = request.client;
  expected.bind = request.bind;
  expected.lease = std::clamp(request.lease.value_or(config_.lease), LeaseTime{1}, config_.max_lease);
  expect(given.answer, expected);
  found->second.expires = given.now + expected.lease;
  host.expires = std::max(host.expires, found->second.expires);
}

void Model::check(const wire::FreeRequest& request, const Circumstances& given) {
  if (const auto code = refusal(given.peer.host, request.client)) {
    return expect(given.answer, error(*code, request.client));
  }
  Host& host = hosts_.at(given.peer.host);
  const auto found = host.bindings.find(request.bind);
  if (found == host.bindings.end() || found->second.expires <= given.now) {
    return expect(given.answer, error(ErrorCode::bad_bind_id, request.client, request.bind));
  }
  if (given.failures.commits) {
    return expect(given.answer, error(ErrorCode::internal_server_error, request.client, request.bind));
  }
  wire::FreeResponse expected;
  expected.client = request.client;
  expected.bind = request.bind;
  expect(given.answer, expected);
  free(given.peer.host, request.bind, given.now);
}

void Model::check(const wire::QueryRequest& request, const Circumstances& given) {
  if (const auto code = refusal(given.peer.host, request.client)) {
    return expect(given.answer, error(*code, request.client));
  }
  // What is local and what is remote is not the model's matter.
  wire::QueryResponse expected;
  expected.client = request.client;
  expect(given.answer, expected);
}

void Model::check(const auto& /*response*/, const Circumstances& given) {
  require(!given.answer, "an answer to a response");
}

void Model::free(Ipv4 host, BindId bind, Time now) {
  Host& owner = hosts_.at(host);
  const Binding freed = owner.bindings.at(bind);
  owner.bindings.erase(bind);
  std::erase_if(owner.ike, [bind](const lease::IkeState& state) { return state.bind == bind; });
  if (!owner.has_tunnel(freed.tunnel)) idle_tunnels_.emplace_back(host, freed.tunnel);
  const Time until = now + config_.hold;
  if (freed.kind == Kind::rsa_ip) {
    if (!holder(freed.address)) whole_.at(freed.address) = until;
    return;
  }
  Address& address = addresses_.at(freed.address);
  for (const Port port : freed.ports) address.ports_with(port).one(port) = {false, until};
  for (const Spi spi : freed.spis) address.spis_with(spi).one(spi) = {false, until};
  if (freed.prefix) address.prefixes_free_from[freed.prefix->value] = until;
}

void Model::settled() {
  if (!idle_tunnels_.empty()) idle_tunnels_.erase(idle_tunnels_.begin());
}

void Model::unregister(Ipv4 host, Time now) {
  const Host& leaving = hosts_.at(host);
  while (!leaving.bindings.empty()) free(host, leaving.bindings.begin()->first, now);
  unregistered_.emplace_back(host, leaving.client);
  hosts_.erase(host);
}

void Model::judged(Ipv4 host, const lease::Scope& to, Cookie cookie, steer::Verdict verdict, Failures failures,
                   Time now) {
  const auto expect_verdict = [verdict](steer::Verdict expected) {
    require(verdict == expected, "verdict " + std::to_string(static_cast<int>(verdict)) + "; the model has " +
                                     std::to_string(static_cast<int>(expected)));
  };
  const auto sender = hosts_.find(host);
  if (sender == hosts_.end()) return expect_verdict(steer::Verdict::drop);
  // The bindings that permit it: those for any remote, or else those for this one.
  std::vector<BindId> any_remote;
  std::vector<BindId> this_remote;
  for (const auto& [bind, binding] : sender->second.bindings) {
    if (!binding.permits_ipsec() || binding.address != to.address || binding.tunnel != to.tunnel) continue;
    if (binding.remotes.empty()) any_remote.push_back(bind);
    const bool named =
        std::ranges::any_of(binding.remotes, [&to](const Remote& remote) { return remote.address == to.remote; });
    if (named) this_remote.push_back(bind);
  }
  const std::vector<BindId>& permit = any_remote.empty() ? this_remote : any_remote;
  const auto expires = [&sender](BindId bind) { return sender->second.bindings.at(bind).expires; };
  // A new cookie goes to the oldest of them that is not over.
  const auto oldest = std::ranges::find_if(permit, [&](BindId bind) { return expires(bind) > now; });
  if (oldest == permit.end()) return expect_verdict(steer::Verdict::drop);

  for (auto& [other, present] : hosts_) {
    const auto has_it = [&, &bindings = present.bindings](const lease::IkeState& state) {
      return state.cookie == cookie && bindings.at(state.bind).address == to.address;
    };
    const auto position = std::ranges::find_if(present.ike, has_it);
    if (position == present.ike.end()) continue;
    const lease::IkeState state = *position;
    const bool serves = other == host && std::ranges::count(permit, state.bind) > 0 && expires(state.bind) > now;
    if (!serves) return expect_verdict(steer::Verdict::refuse_cookie);
    present.ike.erase(position);
    present.ike.push_back(state);
    return expect_verdict(steer::Verdict::accept);
  }
  for (const auto& [other, present] : hosts_) {
    const auto has_prefix = [&](const Binding& binding) -> std::size_t {
      return binding.address == to.address && binding.prefix && binding.prefix->contains(cookie) ? 1 : 0;
    };
    if (other != host && present.count(has_prefix) > 0) return expect_verdict(steer::Verdict::refuse_cookie);
  }
  if (failures.commits) return expect_verdict(steer::Verdict::drop);
  expect_verdict(steer::Verdict::accept);
  learn(sender->second, {*oldest, *to.remote, cookie});
}

std::optional<Model::Prefixed> Model::prefixed(Ipv4 host, Ipv4 remote) const {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return std::nullopt;
  for (const auto& [bind, binding] : found->second.bindings) {
    const bool for_remote =
        binding.remotes.empty() ||
        std::ranges::any_of(binding.remotes, [remote](const Remote& one) { return one.address == remote; });
    if (binding.prefix && for_remote) return Prefixed{bind, binding.address, *binding.prefix};
  }
  return std::nullopt;
}

void Model::noted(Ipv4 host, BindId bind, TunnelType tunnel, Ipv4 peer, Failures failures, Time now) {
  Host& sender = hosts_.at(host);
  const Binding& binding = sender.bindings.at(bind);
  const lease::IkeState state{bind, peer, std::nullopt};
  const bool known = std::ranges::find(sender.ike, state) != sender.ike.end();
  if (binding.tunnel != tunnel || binding.expires <= now || known || failures.commits) return;
  learn(sender, state);
}

void Model::learn(Host& host, const lease::IkeState& state) const {
  if (host.ike.size() >= config_.max_cookies) host.ike.erase(host.ike.begin());
  host.ike.push_back(state);
}

std::size_t Model::expired(Time now) {
  std::size_t ended = 0;
  std::vector<std::pair<Time, Ipv4>> over;
  for (auto& [address, host] : hosts_) {
    std::vector<BindId> binds;
    for (const auto& [bind, binding] : host.bindings) {
      if (binding.expires + lease::grace <= now) binds.push_back(bind);
    }
    for (const BindId bind : binds) free(address, bind, now);
    ended += binds.size();
    if (host.expires + lease::grace <= now) over.emplace_back(host.expires, address);
  }
  std::ranges::sort(over);
  for (const auto& [expires, host] : over) unregister(host, now);
  return ended + over.size();
}

void Model::restarted(const lease::LeaseTable& table) {
  unregistered_.clear();
  for (auto& [address, host] : hosts_) {
    const lease::Registration* there = table.find(address);
    if (there != nullptr && std::ranges::is_permutation(there->ike, host.ike)) host.ike = there->ike;
  }
}

void Model::compare(const lease::LeaseTable& table, Time now) const {
  require(table.registrations().size() == hosts_.size(), "another number of hosts");
  for (const auto& [address, host] : hosts_) {
    const lease::Registration* there = table.find(address);
    const std::string who = to_string(address);
    require(there != nullptr, who + ": not registered");
    require(there->client == host.client, who + ": another client ID");
    require(there->expires == host.expires, who + ": its registration ends at another time");
    require(there->bindings.size() == host.bindings.size(), who + ": another number of bindings");
    for (const auto& [bind, binding] : host.bindings) {
      const std::string which = who + " bind " + std::to_string(number(bind));
      const auto found = there->bindings.find(bind);
      require(found != there->bindings.end(), which + ": not there");
      const lease::Binding& other = found->second;
      require(other.address == binding.address, which + ": another address");
      require(each_of(other.ports) == binding.ports, which + ": other ports");
      require(each_of(other.spis) == binding.spis, which + ": other SPIs");
      require(other.kind == binding.kind, which + ": another kind");
      require(other.tunnel == binding.tunnel, which + ": another tunnel");
      require(std::set(other.remotes.begin(), other.remotes.end()) == binding.remotes, which + ": other remotes");
      require(other.expires == binding.expires, which + ": ends at another time");
      require(other.prefix == binding.prefix, which + ": another cookie prefix");
    }
    require(there->ike == host.ike, who + ": other IKE states");
  }
  for (const auto& [whole, free_from] : whole_) {
    require(table.whole_addresses().holder(whole) == holder(whole), to_string(whole) + ": another holder");
  }
  for (const PublicAddress& address : table.addresses()) {
    const Address& own = addresses_.at(address.address());
    own.ports.compare(address.free_ports(), address.resting(), PublicAddress::Kind::port, now);
    own.listen_ports.compare(*address.free_listen_ports(), address.resting(), PublicAddress::Kind::port, now);
    own.spis.compare(address.free_spis(), address.resting(), PublicAddress::Kind::spi, now);
    own.suggested_spis.compare(*address.free_suggested_spis(), address.resting(), PublicAddress::Kind::spi, now);
    const auto rests = [now](const PublicAddress::Resting& rest) {
      return rest.kind == PublicAddress::Kind::prefix && rest.until <= now;
    };
    const std::size_t free_there =
        address.free_prefixes()->free() + static_cast<std::size_t>(std::ranges::count_if(address.resting(), rests));
    const std::size_t free_here = (1U << config_.prefix_bits) - 1 - prefixes_not_free(address.address(), now).size();
    require(free_there == free_here, "another number of free cookie prefixes");
  }
}

}  // namespace rsip::test
