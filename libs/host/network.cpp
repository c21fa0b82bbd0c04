// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/network.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>

namespace rsip::host {
namespace {

template <typename T>
void add_unless_there(std::vector<T>& list, const T& item) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}

/// "rsip0g" beside "rsip0"
std::string second_device(const Network& base, TunnelType tunnel) {
  return base.device + (tunnel == TunnelType::gre ? 'g' : 'i');
}

Result<Network*> network_for(std::vector<Network>& networks, const Network& base, const Grant& grant) {
  const Ipv4 remote = grant.tunnel_endpoint.value_or(base.gateway);
  const auto there = std::ranges::find(networks, grant.tunnel, &Network::tunnel);
  if (there != networks.end()) {
    if (there->remote == remote) return &*there;
    return failure(EINVAL, "use tunnel endpoint " + to_string(remote) + ": device " + there->device + " leads to " +
                               to_string(there->remote));
  }
  Network network = base;
  network.tunnel = grant.tunnel;
  network.remote = remote;
  if (!networks.empty()) {
    network.device = second_device(base, grant.tunnel);
    network.table = base.table + 1;
    network.default_route = false;
    if (network.device.size() >= IFNAMSIZ) {
      return failure(ENAMETOOLONG, "make a second tunnel device " + network.device,
                     "'rsip up' with a --device of at most " + std::to_string(IFNAMSIZ - 2) + " characters");
    }
  }
  networks.push_back(std::move(network));
  return &networks.back();
}

/// What of `grant` must go through another device than the one that has its address.
std::vector<Selector> selectors_of(const Grant& grant, bool ipsec_of_owner) {
  std::vector<Selector> selectors;
  for (const Run<Port>& run : grant.ports) selectors.push_back({grant.address, run, std::nullopt});
  // ESP and AH have no ports to tell them apart; the gateway lets them out of either tunnel that has an IPsec lease.
  if (grant.kind == Kind::rsipsec && !ipsec_of_owner) {
    selectors.push_back({grant.address, std::nullopt, IPPROTO_ESP});
    selectors.push_back({grant.address, std::nullopt, IPPROTO_AH});
  }
  return selectors;
}

}  // namespace

Result<std::vector<Network>> networks_for(const Network& base, const std::vector<Grant>& grants) {
  std::vector<Network> networks;
  for (const Grant& grant : grants) {
    const Result<Network*> network = network_for(networks, base, grant);
    if (!network) return tl::unexpected(network.error());
    const auto first = std::ranges::find(grants, grant.address, &Grant::address);
    if (first->tunnel == grant.tunnel) {
      add_unless_there((*network)->addresses, grant.address);
      continue;
    }
    const bool ipsec_of_owner = std::ranges::any_of(grants, [&](const Grant& other) {
      return other.address == grant.address && other.tunnel == first->tunnel && other.kind == Kind::rsipsec;
    });
    for (const Selector& selector : selectors_of(grant, ipsec_of_owner)) {
      add_unless_there((*network)->selectors, selector);
    }
  }
  return networks;
}

std::vector<Rule> rules_of(const Network& network) {
  const std::uint32_t first = network.priority;
  std::vector<Rule> rules;
  for (const Selector& selector : network.selectors) {
    rules.push_back({.priority = first - 1,
                     .from = selector.from,
                     .table = network.table,
                     .sport = selector.sport,
                     .protocol = selector.protocol});
  }
  for (const Ipv4 address : network.addresses) {
    rules.push_back({.priority = first, .from = address, .table = network.table});
  }
  if (network.default_route) {
    rules.push_back({.priority = first + 1, .from = network.local, .table = RT_TABLE_MAIN});
    rules.push_back({.priority = first + 2, .to = network.remote, .table = RT_TABLE_MAIN});
    rules.push_back({.priority = first + 3, .table = RT_TABLE_MAIN, .suppress_prefixlength = 0});
    rules.push_back({.priority = first + 4, .table = network.table});
  }
  return rules;
}

std::vector<Rule> rules_missing_in(const Network& other, const Network& network) {
  std::vector<Rule> missing;
  const std::vector<Rule> present = rules_of(other);
  for (const Rule& rule : rules_of(network)) {
    if (std::find(present.begin(), present.end(), rule) == present.end()) missing.push_back(rule);
  }
  return missing;
}

std::string alias_of(const Network& network) {
  return "rsip " + rsip::to_string(network.gateway);
}

std::string to_string(const Rule& rule) {
  std::string text = "rule " + std::to_string(rule.priority);
  if (rule.from) text += " from " + to_string(*rule.from);
  if (rule.to) text += " to " + to_string(*rule.to);
  if (rule.protocol) text += " ipproto " + std::to_string(*rule.protocol);
  if (rule.sport) text += " sport " + to_string(*rule.sport);
  text += " lookup " + (rule.table == RT_TABLE_MAIN ? std::string("main") : std::to_string(rule.table));
  if (rule.suppress_prefixlength) text += " suppress_prefixlength " + std::to_string(*rule.suppress_prefixlength);
  return text;
}

}  // namespace rsip::host
