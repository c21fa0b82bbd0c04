// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/policy.hpp"

#include <algorithm>

namespace rsip::gateway {

namespace {

bool any_contains(const std::vector<Prefix>& prefixes, Ipv4 host) {
  return std::ranges::any_of(prefixes, [host](const Prefix& prefix) { return prefix.contains(host); });
}

}  // namespace

bool Policy::may_register(Ipv4 host) const {
  return !any_contains(deny, host) && (allow.empty() || any_contains(allow, host));
}

bool Policy::may_use_ipsec(Ipv4 host) const {
  return may_register(host) && (ipsec_allow.empty() || any_contains(ipsec_allow, host));
}

}  // namespace rsip::gateway
