// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/steering.hpp"

#include <algorithm>

namespace rsip::gateway {

namespace {

using lease::Binding;
using lease::Registration;
using lease::Time;

enum class Change { add, remove, replace };

steer::Owner owner_of(const Registration& registration, BindId bind) {
  return {registration.client, bind, registration.host};
}

void apply(steer::Transaction& changes, Change change, steer::Elements elements) {
  switch (change) {
    case Change::add:
      changes.add(std::move(elements));
      return;
    case Change::remove:
      changes.remove(std::move(elements));
      return;
    case Change::replace:
      changes.replace(elements);
      return;
  }
}

/// The remotes by address alone, as far as SPIs and cookies are concerned; one "nothing" where there is no restriction.
std::vector<std::optional<Remote>> by_address(const Binding& binding) {
  std::vector<std::optional<Remote>> remotes;
  for (const std::optional<Ipv4> address : remote_addresses(binding)) {
    remotes.push_back(address ? std::optional(Remote{*address, std::nullopt}) : std::nullopt);
  }
  return remotes;
}

std::vector<std::optional<Remote>> by_flow(const Binding& binding) {
  if (binding.remotes.empty()) return {std::nullopt};
  return {binding.remotes.begin(), binding.remotes.end()};
}

void change_ike(steer::Transaction& changes, Change change, const steer::Device& device,
                const Registration& registration, const Binding& binding, const lease::IkeState& state,
                std::chrono::milliseconds timeout) {
  const steer::Owner owner = owner_of(registration, binding.id);
  if (!state.cookie) {
    return apply(changes, change, steer::peer_elements(device, binding.address, state.peer, owner, timeout));
  }
  for (const std::optional<Remote>& remote : by_address(binding)) {
    apply(changes, change,
          steer::cookie_elements(device, binding.address, *state.cookie, state.peer, owner, timeout, remote));
  }
}

/// The elements that belong to one binding alone: ports, SPIs, cookies, the whole address.
void change_own(steer::Transaction& changes, Change change, const steer::Device& device,
                const Registration& registration, const Binding& binding, std::chrono::milliseconds timeout) {
  const steer::Owner owner = owner_of(registration, binding.id);
  for (const std::optional<Remote>& remote : by_flow(binding)) {
    for (const Run<Port>& run : binding.ports) {
      for (std::uint32_t i = 0; i < run.count; ++i) {
        const Port port = static_cast<Port>(number(run.first) + i);
        apply(changes, change, steer::port_elements(device, binding.address, port, owner, timeout, remote));
      }
    }
    if (binding.kind == lease::Kind::rsa_ip) {
      apply(changes, change, steer::address_elements(device, binding.address, owner, timeout, remote));
    }
  }
  for (const std::optional<Remote>& remote : by_address(binding)) {
    for (const Run<Spi>& run : binding.spis) {
      for (std::uint32_t i = 0; i < run.count; ++i) {
        const Spi spi = static_cast<Spi>(number(run.first) + i);
        apply(changes, change, steer::spi_elements(device, binding.address, spi, owner, timeout, remote));
      }
    }
    if (binding.prefix) {
      apply(changes, change, steer::prefix_elements(device, binding.address, *binding.prefix, owner, timeout, remote));
    }
    if (binding.kind == lease::Kind::listen_ike) {
      const std::optional<Ipv4> peer = remote ? std::optional(remote->address) : std::nullopt;
      apply(changes, change, steer::listener_elements(device, binding.address, peer, owner, timeout));
    }
  }
  for (const lease::IkeState& state : registration.ike) {
    if (state.bind == binding.id) change_ike(changes, change, device, registration, binding, state, timeout);
  }
}

/// The host's permission in a scope, which all its bindings there share, from `before` to `after`.
void change_permit(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                   const lease::Scope& scope, std::optional<Time> before, std::optional<Time> after, Time now) {
  if (before == after) return;
  Change change = Change::replace;
  if (!before) change = Change::add;
  if (!after) change = Change::remove;
  const auto remote = scope.remote ? std::optional(Remote{*scope.remote, std::nullopt}) : std::nullopt;
  const auto elements = scope.permit == lease::Permit::ipsec ? steer::ipsec_elements : steer::echo_elements;
  apply(
      changes, change,
      elements(device, scope.address, owner_of(registration, BindId{0}), time_left(after.value_or(now), now), remote));
}

}  // namespace

void steer_binding(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                   const Binding& binding, Time now) {
  change_own(changes, Change::add, device, registration, binding, time_left(binding.expires, now));
  for (const lease::Scope& scope : scopes_of(binding)) {
    change_permit(changes, device, registration, scope, permitted_until(registration, scope, &binding),
                  permitted_until(registration, scope), now);
  }
}

void extend_steering(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                     const Binding& binding, Time expires, Time now) {
  change_own(changes, Change::replace, device, registration, binding, time_left(expires, now));
  for (const lease::Scope& scope : scopes_of(binding)) {
    const std::optional<Time> others = permitted_until(registration, scope, &binding);
    change_permit(changes, device, registration, scope, permitted_until(registration, scope),
                  std::max(others.value_or(expires), expires), now);
  }
}

void unsteer_binding(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                     const Binding& binding, Time now) {
  change_own(changes, Change::remove, device, registration, binding, time_left(binding.expires, now));
  for (const lease::Scope& scope : scopes_of(binding)) {
    change_permit(changes, device, registration, scope, permitted_until(registration, scope),
                  permitted_until(registration, scope, &binding), now);
  }
}

void steer_host(steer::Transaction& changes, const Tunnels& tunnels, const Registration& registration, Time now) {
  for (const auto& [bind, binding] : registration.bindings) {
    if (binding.expires <= now) continue;
    const steer::Device& device = tunnels.find(registration.host, binding.tunnel)->device;
    change_own(changes, Change::add, device, registration, binding, time_left(binding.expires, now));
  }
  for (const auto& [scope, bindings] : registration.scopes) {
    const Time until = bindings.rbegin()->first;
    if (until <= now) continue;
    const steer::Device& device = tunnels.find(registration.host, scope.tunnel)->device;
    change_permit(changes, device, registration, scope, std::nullopt, until, now);
  }
}

void unsteer_host(steer::Transaction& changes, const Tunnels& tunnels, const Registration& registration, Time now) {
  for (const auto& [bind, binding] : registration.bindings) {
    if (binding.expires <= now) continue;  // the kernel has ended its elements
    const steer::Device& device = tunnels.find(registration.host, binding.tunnel)->device;
    change_own(changes, Change::remove, device, registration, binding, time_left(binding.expires, now));
  }
  for (const auto& [scope, bindings] : registration.scopes) {
    const Time until = bindings.rbegin()->first;
    if (until <= now) continue;
    const steer::Device& device = tunnels.find(registration.host, scope.tunnel)->device;
    change_permit(changes, device, registration, scope, until, std::nullopt, now);
  }
}

void steer_ike(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
               const lease::IkeState& state, Time now) {
  const Binding& binding = registration.bindings.at(state.bind);
  change_ike(changes, Change::add, device, registration, binding, state, time_left(binding.expires, now));
}

void unsteer_ike(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                 const lease::IkeState& state, Time now) {
  const Binding& binding = registration.bindings.at(state.bind);
  change_ike(changes, Change::remove, device, registration, binding, state, time_left(binding.expires, now));
}

steer::Element counted_element(const steer::Device& device, const Registration& registration,
                               const lease::IkeState& state) {
  steer::Transaction changes;
  steer_ike(changes, device, registration, state, {});
  return *std::ranges::find_if(changes.additions(), [](const steer::Element& element) { return !element.device; });
}

std::chrono::milliseconds time_left(Time until, Time now) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(until - now), std::chrono::milliseconds{1});
}

}  // namespace rsip::gateway
