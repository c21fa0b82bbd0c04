// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/salvage.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

#include "steer/trace.hpp"

namespace rsip::gateway {

namespace {

using lease::Binding;
using lease::IkeState;
using lease::Kind;
using steer::Trace;

/// As few runs as possible, none of which leaves `range`, or enters it: numbers inside and outside are of two pools.
template <typename Id>
std::vector<Run<Id>> runs_of(const std::set<Id>& ids, const Run<Id>& range) {
  std::vector<Run<Id>> runs;
  for (const Id id : ids) {
    const bool follows = !runs.empty() && number(id) - number(runs.back().last()) == 1 &&
                         range.contains(id) == range.contains(runs.back().last());
    if (follows) {
      ++runs.back().count;
    } else {
      runs.push_back({id, 1});
    }
  }
  return runs;
}

/// What has been found of one binding so far.
class Found {
 public:
  Found(const Trace& trace, const Kernel::Tunnel& tunnel) {
    binding_.id = trace.owner.bind;
    binding_.address = trace.address;
    binding_.tunnel = tunnel.type;
    binding_.gateway = tunnel.gateway;
  }

  bool is_of(const Trace& trace, const Kernel::Tunnel& tunnel) const {
    return binding_.address == trace.address && binding_.tunnel == tunnel.type;
  }

  void take(const Trace& trace, lease::Time expires) {
    binding_.expires = std::max(binding_.expires, expires);
    std::visit([&](const auto& what) { has(what, trace.remote); }, trace.what);
  }

  const std::vector<IkeState>& ike() const { return ike_; }

  Binding finish(const lease::Config& config) {
    binding_.ports = runs_of(ports_, config.ports);
    binding_.spis = runs_of(spis_, config.spis);
    binding_.kind = kind(config);
    // Ports of a remote are told by our ports alone: for all else they are of no account.
    if (flows_.empty()) {
      for (const Ipv4 remote : remotes_) flows_.insert({remote, std::nullopt});
    }
    binding_.remotes.assign(flows_.begin(), flows_.end());
    return binding_;
  }

 private:
  Kind kind(const lease::Config& config) const {
    if (whole_) return Kind::rsa_ip;
    if (listens_) return Kind::listen_ike;
    if (!spis_.empty() || binding_.prefix || !ike_.empty()) return Kind::rsipsec;
    const auto is_for_listeners = [&](Port port) { return config.listen_ports && config.listen_ports->contains(port); };
    return std::ranges::any_of(ports_, is_for_listeners) ? Kind::listen : Kind::rsap_ip;
  }

  void has(Trace::Address, const std::optional<Remote>& remote) {
    whole_ = true;
    if (remote) flows_.insert(*remote);
  }
  void has(Port port, const std::optional<Remote>& remote) {
    ports_.insert(port);
    if (remote) flows_.insert(*remote);
  }
  void has(Spi spi, const std::optional<Remote>& remote) {
    spis_.insert(spi);
    if (remote) remotes_.insert(remote->address);
  }
  void has(CookiePrefix prefix, const std::optional<Remote>& remote) {
    binding_.prefix = prefix;
    if (remote) remotes_.insert(remote->address);
  }
  void has(Trace::Listener, const std::optional<Remote>& remote) {
    listens_ = true;
    if (remote) remotes_.insert(remote->address);
  }
  void has(Trace::Peer known, const std::optional<Remote>&) { ike_.push_back({binding_.id, known.peer, std::nullopt}); }
  void has(Trace::Exchange exchange, const std::optional<Remote>& remote) {
    if (remote) remotes_.insert(remote->address);
    const IkeState state{binding_.id, exchange.peer, exchange.cookie};
    if (std::ranges::find(ike_, state) == ike_.end()) ike_.push_back(state);  // one of its elements for each remote
  }

  Binding binding_;
  std::set<Port> ports_;
  std::set<Spi> spis_;
  std::set<Remote> flows_;
  std::set<Ipv4> remotes_;
  std::vector<IkeState> ike_;
  bool whole_ = false;
  bool listens_ = false;
};

class Salvage {
 public:
  Salvage(std::span<const Kernel::MadeTunnel> tunnels, const lease::Config& config, lease::Time now)
      : config_(config), now_(now) {
    for (const Kernel::MadeTunnel& made : tunnels) {
      by_index_.emplace(made.device.index, &made.tunnel);
      by_name_.emplace(made.device.name, &made.tunnel);
    }
  }

  void take(const steer::Element& element) {
    const std::optional<Trace> trace = steer::trace_of(element, config_.prefix_bits);
    if (!trace || trace->owner.bind == BindId{0} || element.timeout.count() == 0) return;
    const Kernel::Tunnel* tunnel = tunnel_of(*trace);
    if (tunnel == nullptr || tunnel->host != trace->owner.host) return;
    // A host has one client ID, and a client ID one host.
    const auto [client, host] = std::pair(trace->owner.client, trace->owner.host);
    if (hosts_.try_emplace(host, client).first->second != client) return;
    if (clients_.try_emplace(client, host).first->second != host) return;
    Found& found = bindings_[host].try_emplace(trace->owner.bind, *trace, *tunnel).first->second;
    if (found.is_of(*trace, *tunnel)) found.take(*trace, now_ + element.timeout);
  }

  store::Saved finish() {
    store::Saved saved;
    for (auto& [host, bindings] : bindings_) {
      lease::Registration registration;
      registration.host = host;
      registration.client = hosts_.at(host);
      registration.expires = now_ + config_.registration_lease;
      registration.last_bind = number(bindings.rbegin()->first);
      for (auto& [bind, found] : bindings) {
        Binding binding = found.finish(config_);
        registration.expires = std::max(registration.expires, binding.expires);
        registration.ike.insert(registration.ike.end(), found.ike().begin(), found.ike().end());
        registration.bindings.emplace(bind, std::move(binding));
      }
      saved.hosts.push_back({std::move(registration), {}});
    }
    return saved;
  }

 private:
  const Kernel::Tunnel* tunnel_of(const Trace& trace) const {
    const auto value = [](const auto& tunnels, const auto& key) {
      const auto found = tunnels.find(key);
      return found == tunnels.end() ? nullptr : found->second;
    };
    return trace.tunnel.index != 0 ? value(by_index_, trace.tunnel.index) : value(by_name_, trace.tunnel.name);
  }

  const lease::Config& config_;
  lease::Time now_;
  std::unordered_map<std::uint32_t, const Kernel::Tunnel*> by_index_;
  std::unordered_map<std::string, const Kernel::Tunnel*> by_name_;
  std::unordered_map<Ipv4, ClientId> hosts_;
  std::unordered_map<ClientId, Ipv4> clients_;
  std::map<Ipv4, std::map<BindId, Found>> bindings_;
};

}  // namespace

store::Saved salvage(const steer::Elements& elements, std::span<const Kernel::MadeTunnel> tunnels,
                     const lease::Config& config, lease::Time now) {
  Salvage salvage(tunnels, config, now);
  for (const steer::Element& element : elements) salvage.take(element);
  return salvage.finish();
}

}  // namespace rsip::gateway
