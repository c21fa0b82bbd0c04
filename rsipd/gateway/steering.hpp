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

/// All bindings of a host end. To be called before the lease table forgets them.
void unsteer_host(steer::Transaction& changes, const Tunnels& tunnels, const lease::Registration& registration,
                  lease::Time now);

/// A host may use a cookie of its own choice, in place of the one evicted.
void steer_cookie(steer::Transaction& changes, const steer::Device& device, const lease::Registration& registration,
                  const lease::LeaseTable::CookieCheck& check, Cookie cookie, lease::Time now);

}  // namespace rsip::gateway
