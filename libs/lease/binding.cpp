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

std::vector<IpsecScope> ipsec_scopes(const Binding& binding) {
  std::vector<IpsecScope> scopes;
  if (binding.kind != Kind::rsipsec) return scopes;
  for (const std::optional<Ipv4> remote : remote_addresses(binding)) {
    scopes.push_back({binding.address, binding.tunnel, remote});
  }
  return scopes;
}

std::optional<Time> ipsec_until(const Registration& registration, const IpsecScope& scope, const Binding* without) {
  const auto in_scope = registration.ipsec.find(scope);
  if (in_scope == registration.ipsec.end()) return std::nullopt;
  for (auto last = in_scope->second.rbegin(); last != in_scope->second.rend(); ++last) {
    if (without == nullptr || last->second != without->id) return last->first;
  }
  return std::nullopt;
}

}  // namespace rsip::lease
