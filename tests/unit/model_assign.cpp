// SPDX-License-Identifier: GPL-2.0-or-later
// What the model says to ASSIGN and LISTEN requests.
#include <algorithm>

#include "each_of.hpp"
#include "gateway/assignment.hpp"
#include "gateway/error.hpp"
#include "ike/packet.hpp"
#include "model.hpp"
#include "model_says.hpp"
#include "wire/cookie_prefix.hpp"

namespace rsip::test {

using namespace says;
using gateway::error;
using lease::Kind;
using lease::Time;
using wire::ErrorCode;

void Model::check(const wire::AssignRequestRsaIp& request, const Circumstances& given) {
  check_assign<wire::AssignResponseRsaIp>(Kind::rsa_ip, request, given);
}
void Model::check(const wire::AssignRequestRsapIp& request, const Circumstances& given) {
  check_assign<wire::AssignResponseRsapIp>(Kind::rsap_ip, request, given);
}
void Model::check(const wire::AssignRequestRsipsec& request, const Circumstances& given) {
  check_assign<wire::AssignResponseRsipsec>(Kind::rsipsec, request, given);
}
void Model::check(const wire::ListenRequest& request, const Circumstances& given) {
  // RFC 3104 appendix G
  const bool ike = request.local_ports == wire::Ports{Run<Port>{ike::ike_port, 1}};
  check_assign<wire::ListenResponse>(ike ? Kind::listen_ike : Kind::listen, request, given);
}

template <typename Request>
tl::expected<Model::Asked, ErrorCode> Model::asked(Kind kind, const Request& request, Ipv4 host) const {
  Asked wanted;
  wanted.kind = kind;
  wanted.client = request.client;
  wanted.lease = std::clamp(request.lease.value_or(config_.lease), LeaseTime{1}, config_.max_lease);
  if (const auto* particular = std::get_if<Ipv4>(&request.local)) wanted.address = *particular;
  if (std::holds_alternative<wire::Ipv6>(request.local)) return tl::unexpected(ErrorCode::local_addr_unallowed);
  if (!wanted.address && !std::holds_alternative<wire::AnyAddress>(request.local)) {
    return tl::unexpected(ErrorCode::bad_param);
  }
  const wire::FlowPolicy policy = policy_.flow_policy(host);
  if constexpr (requires { request.local_ports; }) {
    wanted.ports = gateway::wanted_ports(request.local_ports);
    // RFC 3103 section 7.1: one port at a time.
    if (policy.local == wire::LocalPolicy::micro && wanted.ports.count() > 1) {
      return tl::unexpected(ErrorCode::flow_policy_violation);
    }
    if (kind == Kind::listen_ike) wanted.ports = {};
  }
  if constexpr (requires { request.spis; }) {
    wanted.spis = gateway::wanted_spis(request.spis);
    wanted.prefix = wire::wished_cookie_prefix(request.vendor) >= config_.prefix_bits;
    wanted.suggested_prefix = wire::suggested_cookie_prefix(request.vendor);
  }
  if (const auto code = refusal(host, request.client)) return tl::unexpected(*code);

  std::vector<TunnelType> tunnels;
  if constexpr (requires { request.tunnel; }) {
    if (request.tunnel) tunnels.push_back(*request.tunnel);
  } else {
    tunnels = request.tunnels;
  }
  if (tunnels.empty()) tunnels = policy_.tunnels;
  const auto offered = std::ranges::find_if(tunnels, [this](TunnelType type) { return policy_.offers(type); });
  if (offered == tunnels.end()) return tl::unexpected(ErrorCode::bad_tunnel_type);
  wanted.tunnel = *offered;

  const bool may_omit_port = kind == Kind::rsipsec && wanted.ports.count() == 0;
  auto restricted =
      remotes(request.remote, request.remote_ports, may_omit_port, remote_policy(kind, request.remote, host));
  if (!restricted) return tl::unexpected(restricted.error());
  wanted.remotes = *std::move(restricted);

  if (kind == Kind::rsa_ip && policy.local == wire::LocalPolicy::micro) {
    return tl::unexpected(ErrorCode::unsupported_message);
  }
  const bool ipsec = kind == Kind::rsipsec || kind == Kind::listen_ike;
  const bool listens = kind == Kind::listen || kind == Kind::listen_ike;
  if (ipsec && !policy_.may_use_ipsec(host)) return tl::unexpected(ErrorCode::ipsec_unallowed);
  constexpr std::size_t most_suggested = 16;
  std::size_t suggested = 0;
  for (const Run<Spi>& run : wanted.spis.particular) suggested += config_.spis.contains(run.first) ? 0 : run.count;
  if (suggested > most_suggested) return tl::unexpected(ErrorCode::ipsec_spi_unavailable);
  if (listens && !policy_.may_listen(host)) return tl::unexpected(ErrorCode::local_addrport_unallowed);
  return wanted;
}

wire::RemotePolicy Model::remote_policy(Kind kind, const wire::Address& remote, Ipv4 host) const {
  if (kind == Kind::listen_ike && remote != wire::Address{wire::AnyAddress{}}) return wire::RemotePolicy::macro;
  return policy_.flow_policy(host).remote;
}

/// RFC 3103 section 7.2.
tl::expected<std::set<Remote>, ErrorCode> Model::remotes(const wire::Address& address, const wire::Ports& ports,
                                                         bool may_omit_port, wire::RemotePolicy policy) const {
  if (policy == wire::RemotePolicy::none) return std::set<Remote>{};
  const bool micro = policy == wire::RemotePolicy::micro;
  const auto* remote = std::get_if<Ipv4>(&address);
  const auto* run = std::get_if<Run<Port>>(&ports);
  const bool by_port = micro && !(may_omit_port && std::holds_alternative<wire::NoPorts>(ports));
  if (remote == nullptr || (by_port && run == nullptr)) return tl::unexpected(ErrorCode::flow_policy_violation);
  if (!policy_.may_reach(*remote)) {
    return tl::unexpected(micro ? ErrorCode::remote_addrport_unallowed : ErrorCode::remote_addr_unallowed);
  }
  if (!by_port) return std::set<Remote>{{*remote, std::nullopt}};
  std::set<Remote> all;
  for (const Port port : each_of(std::vector{*run})) all.insert({*remote, port});
  return all;
}

std::optional<Ipv4> Model::holder(Ipv4 whole) const {
  for (const auto& [address, host] : hosts_) {
    if (host.count([whole](const Binding& held) { return held.address == whole ? 1U : 0U; }) > 0) return address;
  }
  return std::nullopt;
}

Model::Choice Model::whole_choice(const Asked& wanted, Ipv4 host, Time now) {
  const Host& own = hosts_.at(host);
  if (wanted.address && whole_.contains(*wanted.address) && holder(*wanted.address) == host) {
    // Once more, for other remotes: no packet may belong to two bindings.
    for (const auto& [bind, held] : own.bindings) {
      if (held.address != *wanted.address) continue;
      if (held.tunnel != wanted.tunnel) return {{}, {ErrorCode::local_addr_inuse}};
      if (held.remotes.empty() || wanted.remotes.empty()) return {{}, {ErrorCode::local_addr_inuse}};
      for (const Remote& one : held.remotes) {
        for (const Remote& other : wanted.remotes) {
          const bool same_port = !one.port || !other.port || one.port == other.port;
          if (one.address == other.address && same_port) return {{}, {ErrorCode::local_addr_inuse}};
        }
      }
    }
    return {{*wanted.address}, {}};
  }
  const auto held = own.count([](const Binding& binding) { return binding.kind == Kind::rsa_ip ? 1U : 0U; });
  if (held >= config_.max_addresses) return {{}, {ErrorCode::local_addr_unavailable}};
  Choice all;
  for (const auto& [address, free_from] : whole_) {
    if (!holder(address) && free_from <= now) all.possible.push_back(address);
  }
  if (wanted.address && !whole_.contains(*wanted.address)) return {{}, {ErrorCode::local_addr_unallowed}};
  if (all.possible.empty()) return {{}, {ErrorCode::local_addr_unavailable}};
  if (!wanted.address) return all;
  if (std::ranges::find(all.possible, *wanted.address) == all.possible.end()) {
    return {{}, {ErrorCode::local_addr_inuse}};
  }
  return {{*wanted.address}, {}};
}

/// For each of the peers, or where there are none for all; this takes that no other host uses the port.
bool Model::may_listen(Ipv4 address, const std::set<Remote>& peers, Ipv4 host) const {
  for (const auto& [other, present] : hosts_) {
    for (const auto& [bind, binding] : present.bindings) {
      if (binding.address != address) continue;
      const bool listens = binding.kind == Kind::listen_ike;
      if (listens && binding.remotes.empty() && peers.empty()) return false;
      if (listens && std::ranges::any_of(binding.remotes, [&](const Remote& one) { return peers.contains(one); })) {
        return false;
      }
      const bool has_cookie = std::ranges::any_of(
          present.ike, [bind = bind](const lease::IkeState& state) { return state.bind == bind && state.cookie; });
      if (peers.empty() && other != host && (listens || binding.prefix || has_cookie)) return false;
    }
  }
  return true;
}

std::set<std::uint32_t> Model::prefixes_not_free(Ipv4 address, Time now) const {
  std::set<std::uint32_t> all;
  for (const auto& [prefix, free_from] : addresses_.at(address).prefixes_free_from) {
    if (free_from > now) all.insert(prefix);
  }
  for (const auto& [host, present] : hosts_) {
    for (const auto& [bind, binding] : present.bindings) {
      if (binding.address == address && binding.prefix) all.insert(binding.prefix->value);
    }
  }
  return all;
}

/// Who wants one gets one, as long as there is one, and the one that is suggested if that is free.
std::optional<CookiePrefix> Model::adopted_prefix(const std::vector<wire::Vendor>& vendor, const Asked& wanted,
                                                  Ipv4 address, Time now) const {
  const std::optional<CookiePrefix> granted = wire::granted_cookie_prefix(vendor);
  const std::set<std::uint32_t> taken = prefixes_not_free(address, now);
  const bool due = wanted.prefix && taken.size() < (1U << config_.prefix_bits) - 1;
  require(granted.has_value() == due, "a cookie prefix that is not due, or none that is");
  if (!granted) return std::nullopt;
  require(granted->bits == config_.prefix_bits, "a cookie prefix of another length");
  require(!taken.contains(granted->value), "a cookie prefix that is not free");
  const std::optional<CookiePrefix>& suggested = wanted.suggested_prefix;
  const bool suggested_is_free =
      suggested && suggested->bits == config_.prefix_bits && !taken.contains(suggested->value);
  require(!suggested_is_free || granted == suggested, "another cookie prefix than the one suggested, which is free");
  return granted;
}

std::optional<ErrorCode> Model::refusal_on(Ipv4 where, const Asked& wanted, Ipv4 host, Time now) {
  if (wanted.kind == Kind::listen_ike) {
    return may_listen(where, wanted.remotes, host) ? std::nullopt : std::optional(ErrorCode::local_addrport_inuse);
  }
  Address& address = addresses_.at(where);
  const std::set<Port> ports = each_of(wanted.ports.particular);
  const auto leased = [&](Port port) {
    return address.ports.range.contains(port) ||
           (wanted.kind == Kind::listen && address.listen_ports.range.contains(port));
  };
  if (!std::ranges::all_of(ports, leased)) return ErrorCode::local_addrport_unallowed;
  for (const Port port : ports) {
    if (!address.ports_with(port).is_free(port, now)) return ErrorCode::local_addrport_inuse;
  }
  if (wanted.ports.any > 0 && wanted.ports.any > address.ports.free(now)) return ErrorCode::local_addrport_unavailable;
  // RFC 3104 section 6.2: particular SPIs are in use, whatever else is wrong with them.
  for (const Run<Spi>& run : wanted.spis.particular) {
    Numbers<Spi>& numbers = address.spis_with(run.first);
    for (const Spi spi : each_of(std::vector{run})) {
      if (!numbers.range.contains(spi) || !numbers.is_free(spi, now)) return ErrorCode::ipsec_spi_inuse;
    }
  }
  if (wanted.spis.any > 0 && wanted.spis.any > address.spis.longest_free_run(now)) {
    return ErrorCode::ipsec_spi_unavailable;
  }
  return std::nullopt;
}

/// A host keeps to the shared address that it has, as long as that has what it wants; its first is any.
Model::Choice Model::shared_choice(const Asked& wanted, Ipv4 host, Time now) {
  if (wanted.address && !addresses_.contains(*wanted.address)) return {{}, {ErrorCode::local_addr_unallowed}};
  std::vector<Ipv4> tried = config_.pool;
  std::optional<Ipv4> usual;
  for (const auto& [bind, binding] : hosts_.at(host).bindings) {
    if (binding.kind != Kind::rsa_ip) usual = binding.address;
  }
  if (wanted.address) tried = {*wanted.address};
  if (!wanted.address && usual) {
    std::ranges::stable_partition(tried, [&usual](Ipv4 address) { return address == usual; });
  }
  Choice all;
  for (const Ipv4 address : tried) {
    if (const auto code = refusal_on(address, wanted, host, now)) {
      all.errors.push_back(*code);
    } else {
      all.possible.push_back(address);
    }
  }
  // Where the order is known, so is the choice; and the last one tried says why there is none.
  if (usual && !all.possible.empty()) all.possible.resize(1);
  if (usual && !all.errors.empty()) all.errors = {all.errors.back()};
  return all;
}

Model::Choice Model::choice(const Asked& wanted, Ipv4 host, Time now) {
  const Host& own = hosts_.at(host);
  if (own.bindings.size() >= config_.max_bindings) return {{}, {ErrorCode::local_addrport_unavailable}};
  if (wanted.kind == Kind::rsa_ip) return whole_choice(wanted, host, now);
  const auto ports = own.count([](const Binding& binding) { return binding.ports.size(); });
  const auto spis = own.count([](const Binding& binding) { return binding.spis.size(); });
  if (ports + wanted.ports.count() > config_.max_ports) return {{}, {ErrorCode::local_addrport_unavailable}};
  if (spis + wanted.spis.count() > config_.max_spis) return {{}, {ErrorCode::ipsec_spi_unavailable}};
  return shared_choice(wanted, host, now);
}

bool Model::has_own(Ipv4 address, const std::vector<Run<Spi>>& suggested) const {
  return std::ranges::any_of(each_of(suggested), [&](Spi spi) { return own_sas_.contains({address, spi}); });
}

template <typename Response, typename Request>
void Model::check_assign(Kind kind, const Request& request, const Circumstances& given) {
  const auto refused = [&](ErrorCode code) { expect(given.answer, error(code, request.client)); };
  const Ipv4 peer = given.peer.host;
  const auto wanted = asked(kind, request, peer);
  if (!wanted) return refused(wanted.error());
  Choice all = choice(*wanted, peer, given.now);
  if (all.possible.empty()) {
    const auto& got = expect_a<wire::ErrorResponse>(given.answer);
    return refused(std::ranges::find(all.errors, got.error) != all.errors.end() ? got.error : all.errors.back());
  }

  Host& host = hosts_.at(peer);
  const BindId bind = static_cast<BindId>(++host.last_bind);
  // RFC 3103 section 6: R = max(R, Bi); also where the kernel then refuses the binding.
  host.expires = std::max(host.expires, given.now + wanted->lease);
  // What the gateway's own IPsec has is seen when the address has been chosen.
  const std::size_t chosen_from = all.possible.size();
  std::erase_if(all.possible, [&](Ipv4 address) { return has_own(address, wanted->spis.particular); });
  const auto* refusal = given.answer ? std::get_if<wire::ErrorResponse>(&*given.answer) : nullptr;
  const bool in_use = refusal != nullptr && refusal->error == ErrorCode::ipsec_spi_inuse;
  if (all.possible.empty() || (in_use && all.possible.size() < chosen_from)) return refused(ErrorCode::ipsec_spi_inuse);
  const bool has_tunnel = host.has_tunnel(wanted->tunnel);
  const auto idle = std::ranges::find(idle_tunnels_, std::pair(peer, wanted->tunnel));
  const bool spare = !has_tunnel && idle != idle_tunnels_.end();
  if (spare) idle_tunnels_.erase(idle);
  if (given.failures.tunnels && !has_tunnel && !spare) return refused(ErrorCode::internal_server_error);
  const bool announced = wanted->address && holder(*wanted->address) == peer;  // with an earlier binding
  if (given.failures.commits || (given.failures.announcements && kind == Kind::rsa_ip && !announced)) {
    if (!has_tunnel) idle_tunnels_.emplace_back(peer, wanted->tunnel);
    return refused(ErrorCode::internal_server_error);
  }

  const auto& response = expect_a<Response>(given.answer);
  const auto* address = std::get_if<Ipv4>(&response.local);
  require(address != nullptr, "no local address");
  require(std::ranges::find(all.possible, *address) != all.possible.end(), "another address: " + to_string(*address));
  Binding made{kind,
               *address,
               each_of(wanted->ports.particular),
               each_of(wanted->spis.particular),
               wanted->remotes,
               wanted->tunnel,
               given.now + wanted->lease,
               std::nullopt};

  // Particular ports and SPIs are given as they were asked for; any are adopted, if they are free and as many.
  Response expected;
  if constexpr (requires { request.local_ports; }) {
    expected.local_ports = request.local_ports;
    if (wanted->ports.any > 0) {
      expected.local_ports = response.local_ports;
      made.ports = each_of(gateway::wanted_ports(response.local_ports).particular);
      Numbers<Port>& ports = addresses_.at(*address).ports;
      require(made.ports.size() == wanted->ports.any, "another number of ports");
      for (const Port port : made.ports) {
        require(ports.range.contains(port) && ports.is_free(port, given.now), "a port that is not free");
      }
      require(std::holds_alternative<Run<Port>>(response.local_ports) ==
                  (ports.longest_free_run(given.now) >= wanted->ports.any),
              "ports in one run, unless no run is long enough");
    }
  }
  if constexpr (requires { request.spis; }) {
    expected.spis = request.spis;
    if (wanted->spis.any > 0) {
      expected.spis = response.spis;
      made.spis = each_of(gateway::wanted_spis(response.spis).particular);
      Numbers<Spi>& spis = addresses_.at(*address).spis;
      require(std::holds_alternative<Run<Spi>>(response.spis), "SPIs that are not contiguous");
      require(made.spis.size() == wanted->spis.any, "another number of SPIs");
      for (const Spi spi : made.spis) {
        require(spis.range.contains(spi) && spis.is_free(spi, given.now), "an SPI that is not free");
      }
    }
    made.prefix = adopted_prefix(response.vendor, *wanted, *address, given.now);
    if (made.prefix) expected.vendor.push_back(wire::cookie_prefix_grant(*made.prefix));
  }
  const wire::RemotePolicy policy = remote_policy(kind, request.remote, peer);
  const bool no_ports = std::holds_alternative<wire::NoPorts>(request.remote_ports);
  expected.client = request.client;
  expected.bind = bind;
  expected.local = *address;
  if (policy != wire::RemotePolicy::none) expected.remote = request.remote;
  expected.remote_ports =
      policy == wire::RemotePolicy::micro || no_ports ? request.remote_ports : wire::Ports{wire::AnyPorts{1}};
  expected.lease = wanted->lease;
  expected.tunnel = wanted->tunnel;
  expect(given.answer, expected);

  for (const Port port : made.ports) addresses_.at(*address).ports_with(port).one(port).owned = true;
  for (const Spi spi : made.spis) addresses_.at(*address).spis_with(spi).one(spi).owned = true;
  host.bindings.emplace(bind, std::move(made));
}

}  // namespace rsip::test
