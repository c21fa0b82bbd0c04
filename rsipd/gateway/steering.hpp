// SPDX-License-Identifier: GPL-2.0-or-later
// From leases to the kernel's elements. Pure: says what to change, changes nothing.
#pragma once

#include "gateway/tunnels.hpp"
#include "lease/lease_table.hpp"
#include "steer/element.hpp"
#include "steer/transaction.hpp"

namespace rsip::gateway {

/// A binding that has just been assigned comes into force. `device` is always its own tunnel.
void steer_binding(steer::Transaction& changes, const steer::Device& device, const lease::Registration& registration,
                   const lease::Binding& binding, lease::Time now);

/// The elements of a binding last until `expires`. To be called before the lease table knows of it.
void extend_steering(steer::Transaction& changes, const steer::Device& device, const lease::Registration& registration,
                     const lease::Binding& binding, lease::Time expires, lease::Time now);

/// A binding ends before its time. To be called before the lease table forgets it.
void unsteer_binding(steer::Transaction& changes, const steer::Device& device, const lease::Registration& registration,
                     const lease::Binding& binding, lease::Time now);

/// Everything that a host has at `now`, as if its elements were not there.
void steer_host(steer::Transaction& changes, const Tunnels& tunnels, const lease::Registration& registration,
                lease::Time now);

/// All bindings of a host end. To be called before the lease table forgets them.
void unsteer_host(steer::Transaction& changes, const Tunnels& tunnels, const lease::Registration& registration,
                  lease::Time now);

/// A host has one IKE state more, or less. `device` is the tunnel of its binding.
void steer_ike(steer::Transaction& changes, const steer::Device& device, const lease::Registration& registration,
               const lease::IkeState& state, lease::Time now);
void unsteer_ike(steer::Transaction& changes, const steer::Device& device, const lease::Registration& registration,
                 const lease::IkeState& state, lease::Time now);

/// The element whose counter says how often the host has used this state.
steer::Element counted_element(const steer::Device& device, const lease::Registration& registration,
                               const lease::IkeState& state);

/// What is left of a lease, rounded up: an element never ends before its lease.
std::chrono::milliseconds time_left(lease::Time until, lease::Time now);

}  // namespace rsip::gateway
