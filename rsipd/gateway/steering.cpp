// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/steering.hpp"

#include <algorithm>

namespace rsip::gateway {

namespace {

using lease::Binding;
using lease::Registration;
using lease::Time;

enum class Change { add, remove, replace };

/// What is left of a lease, rounded up: an element never ends before its lease.
std::chrono::milliseconds left(Time until, Time now) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(until - now), std::chrono::milliseconds{1});
}

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

/// The elements that belong to one binding alone: ports, SPIs, cookies.
void change_own(steer::Transaction& changes, Change change, const steer::Device& device,
                const Registration& registration, const Binding& binding, std::chrono::milliseconds timeout) {
  const steer::Owner owner = owner_of(registration, binding.id);
  for (const Run<Port>& run : binding.ports) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      const Port port = static_cast<Port>(number(run.first) + i);
      apply(changes, change, steer::port_elements(device, binding.address, port, owner, timeout));
    }
  }
  for (const Run<Spi>& run : binding.spis) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      const Spi spi = static_cast<Spi>(number(run.first) + i);
      apply(changes, change, steer::spi_elements(device, binding.address, spi, owner, timeout));
    }
  }
  for (const Cookie cookie : binding.cookies) {
    apply(changes, change, steer::cookie_elements(device, binding.address, cookie, owner, timeout));
  }
}

/// The host's IPsec permission on an address, which all its RSIPSEC bindings there share, from `before` to `after`.
void change_ipsec(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                  Ipv4 address, std::optional<Time> before, std::optional<Time> after, Time now) {
  if (before == after) return;
  Change change = Change::replace;
  if (!before) change = Change::add;
  if (!after) change = Change::remove;
  apply(changes, change,
        steer::ipsec_elements(device, address, owner_of(registration, BindId{0}), left(after.value_or(now), now)));
}

}  // namespace

void steer_binding(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                   const Binding& binding, Time now) {
  change_own(changes, Change::add, device, registration, binding, left(binding.expires, now));
  if (binding.ipsec) {
    change_ipsec(changes, device, registration, binding.address, ipsec_until(registration, binding.address, &binding),
                 ipsec_until(registration, binding.address), now);
  }
}

void extend_steering(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                     const Binding& binding, Time expires, Time now) {
  change_own(changes, Change::replace, device, registration, binding, left(expires, now));
  if (binding.ipsec) {
    const std::optional<Time> others = ipsec_until(registration, binding.address, &binding);
    change_ipsec(changes, device, registration, binding.address, ipsec_until(registration, binding.address),
                 std::max(others.value_or(expires), expires), now);
  }
}

void unsteer_binding(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                     const Binding& binding, Time now) {
  change_own(changes, Change::remove, device, registration, binding, left(binding.expires, now));
  if (binding.ipsec) {
    change_ipsec(changes, device, registration, binding.address, ipsec_until(registration, binding.address),
                 ipsec_until(registration, binding.address, &binding), now);
  }
}

void unsteer_host(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                  Time now) {
  for (const auto& [bind, binding] : registration.bindings) {
    if (binding.expires <= now) continue;  // the kernel has ended its elements
    change_own(changes, Change::remove, device, registration, binding, left(binding.expires, now));
  }
  for (const auto& [address, bindings] : registration.ipsec) {
    const Time until = bindings.rbegin()->first;
    if (until > now) change_ipsec(changes, device, registration, address, until, std::nullopt, now);
  }
}

void steer_cookie(steer::Transaction& changes, const steer::Device& device, const Registration& registration,
                  const lease::LeaseTable::CookieCheck& check, Cookie cookie, Time now) {
  const Binding& binding = *check.binding;
  const steer::Owner owner = owner_of(registration, binding.id);
  const std::chrono::milliseconds timeout = left(binding.expires, now);
  if (check.evicted) {
    apply(changes, Change::remove, steer::cookie_elements(device, binding.address, *check.evicted, owner, timeout));
  }
  apply(changes, Change::add, steer::cookie_elements(device, binding.address, cookie, owner, timeout));
}

}  // namespace rsip::gateway
