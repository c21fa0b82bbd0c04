// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/policy.hpp"

#include <algorithm>

namespace rsip::gateway {

namespace {

bool any_contains(const std::vector<Prefix>& prefixes, Ipv4 host) {
  return std::ranges::any_of(prefixes, [host](const Prefix& prefix) { return prefix.contains(host); });
}

bool permitted(const std::vector<Prefix>& allow, Ipv4 address) {
  return allow.empty() || any_contains(allow, address);
}

template <typename Value>
Value most_specific(const std::vector<For<Value>>& rules, Ipv4 host, Value otherwise) {
  const For<Value>* best = nullptr;
  for (const For<Value>& rule : rules) {
    if (rule.hosts.contains(host) && (best == nullptr || rule.hosts.length >= best->hosts.length)) best = &rule;
  }
  return best == nullptr ? otherwise : best->value;
}

}  // namespace

bool Policy::may_register(Ipv4 host) const {
  return !any_contains(deny, host) && permitted(allow, host);
}

bool Policy::may_use_ipsec(Ipv4 host) const {
  return may_register(host) && permitted(ipsec_allow, host);
}

bool Policy::may_listen(Ipv4 host) const {
  return may_register(host) && permitted(listen_allow, host);
}

bool Policy::may_reach(Ipv4 address) const {
  return !any_contains(remote_deny, address) && permitted(remote_allow, address);
}

bool Policy::offers(TunnelType tunnel) const {
  return std::ranges::find(tunnels, tunnel) != tunnels.end();
}

wire::FlowPolicy Policy::flow_policy(Ipv4 host) const {
  return {most_specific(local, host, wire::LocalPolicy::macro), most_specific(remote, host, wire::RemotePolicy::none)};
}

}  // namespace rsip::gateway
