// SPDX-License-Identifier: GPL-2.0-or-later
#include "invariants.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "gateway/steering.hpp"
#include "ike/packet.hpp"

namespace rsip::test {

namespace {

using lease::Binding;
using lease::Interval;
using lease::PublicAddress;
using lease::Registration;
using lease::Time;

/// A binding, for a message.
struct Who {
  const Registration& registration;
  const Binding& binding;
};

std::string text(const char* words) {
  return words;
}
std::string text(std::uint64_t value) {
  return std::to_string(value);
}
std::string text(Ipv4 address) {
  return to_string(address);
}
std::string text(const steer::Element& element) {
  return steer::to_string(element);
}
std::string text(const Who& who) {
  return to_string(who.registration.host) + " bind " + std::to_string(number(who.binding.id));
}

class Check {
 public:
  Check(const gateway::Gateway& gateway, const TimedKernel& kernel)
      : table_(gateway.leases()), config_(table_.config()), kernel_(kernel) {}

  std::vector<std::string> run() {
    for (const PublicAddress& address : table_.addresses()) {
      ports(address, config_.ports, address.free_ports());
      if (config_.listen_ports) ports(address, *config_.listen_ports, *address.free_listen_ports());
      numbers(address, "SPI", config_.spis, address.free_spis(), PublicAddress::Kind::spi, &Binding::spis);
      suggested_spis(address);
      shared_ike(address);
    }
    whole_addresses();
    hosts();
    due();
    elements();
    return std::move(violations_);
  }

 private:
  /// The parts are put into words only where it does not hold: mostly there is nothing to say.
  template <typename... Part>
  void require(bool holds, const Part&... otherwise) {
    if (holds) return;
    std::string& line = violations_.emplace_back();
    ((line += text(otherwise)), ...);
  }

  template <typename Visit>
  void each_binding(Visit visit) const {
    for (const auto& [host, registration] : table_.registrations()) {
      for (const auto& [bind, binding] : registration.bindings) visit(registration, binding);
    }
  }

  void ports(const PublicAddress& address, Run<Port> range, const lease::NumberPool& free) {
    // All hosts share IKE's port: nobody gets it.
    std::vector<Interval> nobodys;
    for (const Port port : {ike::ike_port, ike::nat_t_port}) {
      if (range.contains(port)) nobodys.push_back({number(port), 1});
    }
    numbers(address, "port", range, free, PublicAddress::Kind::port, &Binding::ports, std::move(nobodys));
  }

  /// What lies below and above those that are kept for hosts.
  void suggested_spis(const PublicAddress& address) {
    if (!config_.suggested_spis) return;
    const auto part = [&](std::uint32_t first, std::uint32_t last) {
      if (first > last) return;
      numbers(address, "SPI", Run<Spi>{Spi{first}, last - first + 1}, *address.free_suggested_spis(),
              PublicAddress::Kind::spi, &Binding::spis);
    };
    const std::uint32_t first = number(config_.suggested_spis->first);
    const std::uint32_t last = number(config_.suggested_spis->last());
    part(first, std::min(last, number(config_.spis.first) - 1));
    part(std::max(first, number(config_.spis.last()) + 1), last);
  }

  /// Free, resting and owned numbers, side by side, are the range: neither a gap nor an overlap.
  template <typename Id>
  void numbers(const PublicAddress& address, const char* what, Run<Id> range, const lease::NumberPool& free,
               PublicAddress::Kind kind, std::vector<Run<Id>> Binding::*owned, std::vector<Interval> all = {}) {
    const auto add = [&all, range](Interval interval) {
      if (range.contains(static_cast<Id>(interval.first))) all.push_back(interval);
    };
    for (const auto& [first, count] : free.intervals()) add({first, count});
    for (const PublicAddress::Resting& rest : address.resting()) {
      if (rest.kind == kind) add(rest.interval);
    }
    each_binding([&](const Registration&, const Binding& binding) {
      if (binding.address != address.address()) return;
      for (const Run<Id>& run : binding.*owned) add({number(run.first), run.count});
    });
    std::ranges::sort(all);
    all.push_back({number(range.last()) + 1U, 0});
    std::uint32_t next = number(range.first);
    for (const Interval& interval : all) {
      require(interval.first <= next, address.address(), ": nobody has ", what, " ", next);
      require(interval.first >= next, address.address(), ": two have ", what, " ", interval.first);
      if (interval.first != next) return;
      next += interval.count;
    }
  }

  void whole_addresses() {
    std::map<Ipv4, Ipv4> holders;
    each_binding([&](const Registration& registration, const Binding& binding) {
      if (binding.shares_address()) return;
      const auto [holder, first] = holders.emplace(binding.address, registration.host);
      require(first || holder->second == registration.host, binding.address, ": two have it");
    });
    const lease::WholeAddresses& pool = table_.whole_addresses();
    for (const Ipv4 address : config_.exclusive_pool) {
      const auto holder = holders.find(address);
      require(pool.holder(address) == (holder == holders.end() ? std::nullopt : std::optional(holder->second)), address,
              ": its holder is not the host whose bindings have it");
      require(kernel_.announced.contains(address) == (holder != holders.end()), address,
              ": announced without a binding, or not announced with one");
    }
    if (pool.empty()) return;
    require(pool.free() + pool.resting() + holders.size() == config_.exclusive_pool.size(),
            "whole addresses do not add up");
  }

  void shared_ike(const PublicAddress& address) {
    const lease::SharedIke& ike = address.ike();
    std::size_t cookies = 0;
    std::size_t prefixes = 0;
    std::size_t listeners = 0;
    bool used = false;
    bool any_listener = false;
    each_binding([&](const Registration& registration, const Binding& binding) {
      if (binding.address != address.address()) return;
      const lease::Holder holder{registration.host, binding.id};
      for (const lease::IkeState& state : registration.ike) {
        if (state.bind != binding.id || !state.cookie) continue;
        ++cookies;
        require(ike.owner(*state.cookie) == holder, Who{registration, binding}, ": not the owner of its cookie ",
                number(*state.cookie));
      }
      if (binding.prefix) {
        ++prefixes;
        const auto owner = ike.prefixes().find(binding.prefix->value);
        require(owner != ike.prefixes().end() && owner->second == holder, Who{registration, binding},
                ": not the owner of its cookie prefix");
      }
      for (const Ipv4 peer : listened_peers(binding)) {
        ++listeners;
        const auto owner = ike.listeners().find(peer);
        require(owner != ike.listeners().end() && owner->second == holder, Who{registration, binding},
                ": does not listen for its peer");
      }
      if (binding.kind == lease::Kind::listen_ike && binding.remotes.empty()) {
        any_listener = true;
        require(ike.any_listener() == holder, Who{registration, binding}, ": does not listen for everybody");
      }
      const bool has_ike = !ike_peers(registration, binding).empty();
      used |= binding.prefix || binding.kind == lease::Kind::listen_ike || has_ike;
    });
    require(cookies == ike.cookies().size(), address.address(), ": keeps a cookie that no binding has");
    require(prefixes == ike.prefixes().size(), address.address(), ": keeps a cookie prefix that no binding has");
    require(listeners == ike.listeners().size() && any_listener == ike.any_listener().has_value(), address.address(),
            ": keeps a listener that no binding is");
    require(used == ike.in_use(), address.address(), ": its IKE port is in use by nobody, or not by its user");
    require(used || ike.peers().empty(), address.address(), ": keeps a peer that no binding has");
  }

  void hosts() {
    std::set<ClientId> clients;
    require(table_.registrations().size() <= config_.max_hosts, "too many hosts");
    for (const auto& [host, registration] : table_.registrations()) {
      require(host == registration.host, host, ": registered as ", registration.host);
      require(clients.insert(registration.client).second, host, ": has another host's client ID");
      holdings(registration);
    }
  }

  void holdings(const Registration& registration) {
    std::uint32_t ports = 0;
    std::uint32_t spis = 0;
    std::uint32_t addresses = 0;
    std::map<lease::Scope, std::set<std::pair<Time, BindId>>> scopes;
    for (const auto& [bind, binding] : registration.bindings) {
      for (const Run<Port>& run : binding.ports) ports += run.count;
      for (const Run<Spi>& run : binding.spis) spis += run.count;
      if (!binding.shares_address()) ++addresses;
      for (const lease::Scope& scope : scopes_of(binding)) scopes[scope].emplace(binding.expires, bind);
      require(bind == binding.id, Who{registration, binding}, ": kept under another bind ID");
      // RFC 3103 section 6: a registration lasts at least as long as its longest binding.
      require(registration.expires >= binding.expires, Who{registration, binding}, ": outlives its registration");
    }
    const Ipv4 host = registration.host;
    require(registration.ports_held == ports && ports <= config_.max_ports, host, ": holds ", ports, " ports");
    require(registration.spis_held == spis && spis <= config_.max_spis, host, ": holds ", spis, " SPIs");
    require(registration.addresses_held == addresses, host, ": holds ", addresses, " bindings of whole addresses");
    require(registration.bindings.size() <= config_.max_bindings, host, ": too many bindings");
    require(registration.ike.size() <= config_.max_cookies, host, ": too many IKE states");
    require(registration.scopes == scopes, host, ": its permissions do not follow from its bindings");
  }

  void due() {
    std::optional<Time> first;
    const auto ends = [&](Time expires) {
      if (!first || expires + lease::grace < *first) first = expires + lease::grace;
    };
    for (const auto& [host, registration] : table_.registrations()) ends(registration.expires);
    each_binding([&](const Registration&, const Binding& binding) { ends(binding.expires); });
    require(first == table_.next_expiry(), "the next to expire is not the first lease to end");
  }

  /// One millisecond is what an element gets that is over already: whether it is there does not matter.
  bool counts(Time end) const { return end > kernel_.now + std::chrono::milliseconds{1}; }

  void elements() {
    steer::Transaction expected;
    for (const auto& [host, registration] : table_.registrations()) expect(registration, expected);
    expect_sole_hosts(expected);
    std::set<MemoryKernel::Key> wanted;
    for (const steer::Element& element : expected.additions()) {
      const auto [key, first] = wanted.insert(MemoryKernel::key(element));
      require(first, element, ": two have it");
      const auto there = kernel_.elements.find(*key);
      if (there == kernel_.elements.end()) {
        require(!counts(kernel_.now + element.timeout), element, ": not in the kernel");
        continue;
      }
      require(there->second.device == element.device && there->second.comment == element.comment, element,
              ": in the kernel for another host or binding");
      require(kernel_.ends.at(*key) == kernel_.now + element.timeout, element, ": ends at another time in the kernel");
    }
    for (const auto& [key, element] : kernel_.elements) {
      require(wanted.contains(key) || !counts(kernel_.ends.at(key)), element, ": in the kernel, but nobody's");
    }
  }

  std::map<std::uint32_t, gateway::Kernel::Tunnel>::const_iterator tunnel_of(Ipv4 host, TunnelType type) const {
    return std::ranges::find_if(
        kernel_.tunnels, [&](const auto& entry) { return entry.second.host == host && entry.second.type == type; });
  }

  /// The elements of one host's live bindings, as if they all were made now.
  void expect(const Registration& registration, steer::Transaction& into) {
    Registration alone = registration;
    for (const auto& [bind, binding] : registration.bindings) {
      const auto tunnel = tunnel_of(registration.host, binding.tunnel);
      if (tunnel == kernel_.tunnels.end()) return require(false, Who{registration, binding}, ": has no tunnel");
      if (binding.expires <= kernel_.now) continue;
      // A shared permission comes with the last binding to end, as if that were the only one.
      alone.scopes.clear();
      for (const lease::Scope& scope : scopes_of(binding)) {
        const std::pair<Time, BindId> last = *registration.scopes.at(scope).rbegin();
        if (last.second == bind) alone.scopes[scope] = {last};
      }
      const steer::Device device{"rsip" + std::to_string(tunnel->second.slot), tunnel->first};
      gateway::steer_binding(into, device, alone, binding, kernel_.now);
    }
  }

  /// Each peer that has IKE with one host alone leads to the first of that host's bindings that have to do with it.
  void expect_sole_hosts(steer::Transaction& into) {
    std::map<std::pair<Ipv4, Ipv4>, std::set<lease::Holder>> holders;  // by address and peer
    each_binding([&](const Registration& registration, const Binding& binding) {
      for (const Ipv4 peer : ike_peers(registration, binding)) {
        holders[{binding.address, peer}].insert({registration.host, binding.id});
      }
    });
    for (const auto& [place, all] : holders) {
      if (all.begin()->host != all.rbegin()->host) continue;
      const lease::Holder& sole = *all.begin();
      const Registration& registration = *table_.find(sole.host);
      const Binding& binding = registration.bindings.at(sole.bind);
      const auto tunnel = tunnel_of(sole.host, binding.tunnel);
      if (binding.expires <= kernel_.now || tunnel == kernel_.tunnels.end()) continue;
      const steer::Device device{"rsip" + std::to_string(tunnel->second.slot), tunnel->first};
      into.add(steer::sole_elements(device, place.first, place.second, {registration.client, sole.bind, sole.host},
                                    gateway::time_left(binding.expires, kernel_.now)));
    }
  }

  const lease::LeaseTable& table_;
  const lease::Config& config_;
  const TimedKernel& kernel_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> violations(const gateway::Gateway& gateway, const TimedKernel& kernel) {
  return Check(gateway, kernel).run();
}

}  // namespace rsip::test
