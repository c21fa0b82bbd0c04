// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/binding.hpp"

#include <algorithm>

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
  const bool ipsec = binding.kind == Kind::rsipsec || binding.kind == Kind::listen_ike;
  const Permit permit = ipsec ? Permit::ipsec : Permit::echo;
  for (const std::optional<Ipv4> remote : remote_addresses(binding)) {
    scopes.push_back({binding.address, binding.tunnel, remote, permit});
  }
  return scopes;
}

std::vector<Ipv4> listened_peers(const Binding& binding) {
  std::vector<Ipv4> peers;
  if (binding.kind != Kind::listen_ike) return peers;
  for (const std::optional<Ipv4> address : remote_addresses(binding)) {
    if (address) peers.push_back(*address);
  }
  return peers;
}

std::vector<Ipv4> ike_peers(const Registration& registration, const Binding& binding) {
  std::vector<Ipv4> peers = listened_peers(binding);
  for (const IkeState& state : registration.ike) {
    if (state.bind == binding.id) peers.push_back(state.peer);
  }
  std::ranges::sort(peers);
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
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
