// SPDX-License-Identifier: GPL-2.0-or-later
// The elements of map sole_in: a peer that has IKE with one host alone leads to that host, whatever its cookies. Each
// belongs to a binding of the host and ends with it.
#pragma once

#include <optional>
#include <span>

#include "gateway/tunnels.hpp"
#include "lease/lease_table.hpp"
#include "steer/transaction.hpp"

namespace rsip::gateway {

/// Says what to change, changes nothing.
class SoleSteering {
 public:
  SoleSteering(const lease::LeaseTable& leases, const Tunnels& tunnels) : leases_(leases), tunnels_(tunnels) {}

  /// A binding has just been assigned.
  void begin(steer::Transaction& changes, const lease::Registration& registration, const lease::Binding& binding,
             lease::Time now) const;
  /// A binding is about to be extended.
  void extend(steer::Transaction& changes, const lease::Registration& registration, const lease::Binding& binding,
              lease::Time expires, lease::Time now) const;
  /// A binding, or all of a host's, is about to end before its time.
  void end(steer::Transaction& changes, const lease::Registration& registration, const lease::Binding& binding,
           lease::Time now) const;
  void end(steer::Transaction& changes, const lease::Registration& registration, lease::Time now) const;
  /// Bindings have ended at their time: others may be alone with a peer now.
  void ended(steer::Transaction& changes, std::span<const lease::LeaseTable::Ended> ended, lease::Time now) const;

  /// A host is about to have IKE with one more peer.
  /// Of one host, as if its elements were not there.
  void of(steer::Transaction& changes, const lease::Registration& registration, lease::Time now) const;
  void learn(steer::Transaction& changes, const lease::Registration& registration, const lease::IkeState& state,
             lease::Time now) const;
  /// A host is about to have one IKE state less.
  void forget(steer::Transaction& changes, const lease::Registration& registration, const lease::IkeState& state,
              lease::Time now) const;

 private:
  struct Place {
    Ipv4 address;
    Ipv4 peer;
    friend constexpr auto operator<=>(const Place&, const Place&) = default;
  };
  using Sole = std::optional<lease::Holder>;

  void change(steer::Transaction& changes, const Place& place, const Sole& before, const Sole& after,
              lease::Time now) const;
  steer::Elements elements(const Place& place, const lease::Holder& holder, lease::Time expires, lease::Time now) const;
  const lease::Binding& binding_of(const lease::Holder& holder) const;

  const lease::LeaseTable& leases_;
  const Tunnels& tunnels_;
};

}  // namespace rsip::gateway
