// SPDX-License-Identifier: GPL-2.0-or-later
#include "salvaged.hpp"

#include <algorithm>
#include <set>

#include "each_of.hpp"
#include "gateway/salvage.hpp"
#include "invariants.hpp"

namespace rsip::test {

namespace {

using lease::Binding;
using lease::IkeState;
using lease::Kind;
using lease::Registration;

/// A binding as far as its elements say it.
struct Seen {
  explicit Seen(const Binding& original, const lease::Config& config)
      : binding(original), ports(each_of(original.ports)), spis(each_of(original.spis)) {
    binding.ports.clear();
    binding.spis.clear();
    // Ports that anybody may have; a remote's port where there is none of ours.
    const bool anybodys = std::ranges::none_of(
        ports, [&config](Port port) { return config.listen_ports && config.listen_ports->contains(port); });
    if (binding.kind == Kind::listen && anybodys) binding.kind = Kind::rsap_ip;
    if (ports.empty() && binding.kind == Kind::rsipsec) {
      for (Remote& remote : binding.remotes) remote.port.reset();
      const auto rest = std::ranges::unique(binding.remotes);
      binding.remotes.erase(rest.begin(), rest.end());
    }
  }
  friend bool operator==(const Seen&, const Seen&) = default;

  Binding binding;
  std::set<Port> ports;
  std::set<Spi> spis;
};

std::set<std::tuple<BindId, Ipv4, std::optional<Cookie>>> ike_of(const Registration& registration, lease::Time now) {
  std::set<std::tuple<BindId, Ipv4, std::optional<Cookie>>> states;
  for (const IkeState& state : registration.ike) {
    if (registration.bindings.at(state.bind).expires > now) states.emplace(state.bind, state.peer, state.cookie);
  }
  return states;
}

steer::Elements elements_of(const TimedKernel& kernel) {
  steer::Elements all;
  for (const auto& [key, element] : kernel.elements) {
    all.push_back(element);
    all.back().timeout = std::chrono::duration_cast<std::chrono::milliseconds>(kernel.ends.at(key) - kernel.now);
  }
  return all;
}

}  // namespace

std::vector<std::string> salvage_losses(const gateway::Gateway& running, gateway::Gateway& fresh, TimedKernel& copy) {
  const lease::Config& config = running.leases().config();
  const lease::Time now = copy.now;
  const std::map<TimedKernel::Key, steer::Element> before = copy.elements;
  const std::map<TimedKernel::Key, lease::Time> ends = copy.ends;
  fresh.restore(gateway::salvage(elements_of(copy), *copy.put_tunnels_in_order(), config, now), now);
  if (const Result<void> done = fresh.reinstate(now); !done) return {done.error().text()};

  std::vector<std::string> losses = violations(fresh, copy);
  std::size_t live = 0;
  for (const auto& [host, registration] : running.leases().registrations()) {
    const Registration* there = fresh.leases().find(host);
    for (const auto& [bind, binding] : registration.bindings) {
      if (binding.expires <= now) continue;
      ++live;
      const bool known = there != nullptr && there->client == registration.client && there->bindings.contains(bind) &&
                         Seen(there->bindings.at(bind), config) == Seen(binding, config);
      if (!known) losses.push_back(to_string(host) + " bind " + std::to_string(number(bind)) + ": not as it was");
    }
    if (there != nullptr && ike_of(*there, now) != ike_of(registration, now)) {
      losses.push_back(to_string(host) + ": other IKE");
    }
  }
  if (fresh.leases().binding_count() != live) losses.emplace_back("another number of bindings");
  if (!fresh.take_unasked().empty()) losses.emplace_back("a host is told something");
  for (const auto& [key, element] : before) {
    if (ends.at(key) <= now + std::chrono::milliseconds{1}) continue;  // over, but for the rounding
    const auto there = copy.elements.find(key);
    const bool same = there != copy.elements.end() && there->second.device == element.device &&
                      there->second.comment == element.comment && copy.ends.at(key) == ends.at(key);
    if (!same) losses.push_back(to_string(element) + ": not as it was");
  }
  return losses;
}

}  // namespace rsip::test
