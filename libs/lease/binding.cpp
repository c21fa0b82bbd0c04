// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/binding.hpp"

namespace rsip::lease {

std::vector<std::optional<Ipv4>> remote_addresses(const Binding& binding) {
  if (binding.remotes.empty()) return {std::nullopt};
  std::vector<std::optional<Ipv4>> addresses;
  for (const Remote& remote : binding.remotes) {
    if (addresses.empty() || addresses.back() != remote.address) addresses.emplace_back(remote.address);
  }
  return addresses;
}

std::vector<Scope> scopes_of(const Binding& binding) {
  std::vector<Scope> scopes;
  if (!binding.shares_address()) return scopes;
  const Permit permit = binding.kind == Kind::rsipsec ? Permit::ipsec : Permit::echo;
  for (const std::optional<Ipv4> remote : remote_addresses(binding)) {
    scopes.push_back({binding.address, binding.tunnel, remote, permit});
  }
  return scopes;
}

std::optional<Time> permitted_until(const Registration& registration, const Scope& scope, const Binding* without) {
  const auto in_scope = registration.scopes.find(scope);
  if (in_scope == registration.scopes.end()) return std::nullopt;
  for (auto last = in_scope->second.rbegin(); last != in_scope->second.rend(); ++last) {
    if (without == nullptr || last->second != without->id) return last->first;
  }
  return std::nullopt;
}

}  // namespace rsip::lease
