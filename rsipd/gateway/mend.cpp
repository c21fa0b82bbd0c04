// SPDX-License-Identifier: GPL-2.0-or-later
// Single elements that somebody else has removed or added.
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "gateway/gateway.hpp"
#include "gateway/steering.hpp"

namespace rsip::gateway {

namespace {

/// These depend on more than one host.
bool is_sole(const steer::Element& element) {
  return std::string_view(element.set) == "sole_in";
}

}  // namespace

Result<void> Gateway::mend(const steer::Elements& removed, const steer::Elements& added, lease::Time now) {
  std::unordered_set<std::string> hurt;
  std::set<Ipv4> hosts;
  steer::Transaction changes;
  std::unordered_set<std::string> taken_out;
  for (const steer::Elements* elements : {&removed, &added}) {
    for (const steer::Element& element : *elements) {
      if (is_sole(element)) return failure(0, "mend " + to_string(element));
      hurt.insert(place_of(element));
      if (const std::optional<Ipv4> host = host_of(element)) hosts.insert(*host);
    }
  }
  for (const steer::Element& element : added) {
    if (taken_out.insert(place_of(element)).second) changes.remove(element);
  }
  for (const Ipv4 host : hosts) {
    const lease::Registration* registration = leases_.find(host);
    if (registration == nullptr) continue;
    steer::Transaction wanted;
    steer_host(wanted, tunnels_, *registration, now);
    for (const steer::Element& element : wanted.additions()) {
      if (hurt.contains(place_of(element))) changes.add(element);
    }
  }
  return commit(changes);
}

}  // namespace rsip::gateway
