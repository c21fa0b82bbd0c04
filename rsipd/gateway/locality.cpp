// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/locality.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "wire/query.hpp"

namespace rsip::gateway {

namespace {

bool is_default(const Prefix& destination) {
  return destination.length == 0;
}

wire::QueryTuple local_tuple(const Prefix& network) {
  return {.remote = false, .address = network.network, .netmask = wire::Ipv4Netmask{network.netmask()}};
}

}  // namespace

Locality::Locality(std::vector<Prefix> local_networks, Routes& routes)
    : local_networks_(std::move(local_networks)), routes_(routes) {}

std::vector<wire::QueryTuple> Locality::answer(const std::vector<wire::QueryTuple>& asked, lease::Time now) {
  if (asked.empty()) return all(now);
  std::vector<wire::QueryTuple> known;
  for (std::size_t i = 0; i < std::min(asked.size(), max_tuples_asked); ++i) {
    const std::optional<Side> side = side_of(asked[i], now);
    if (!side) continue;
    known.push_back(asked[i]);
    known.back().remote = *side == Side::public_side;
  }
  std::ranges::stable_sort(known, {}, wire::indicator_of);
  return known;
}

std::optional<Locality::Side> Locality::side_of(const wire::QueryTuple& tuple, lease::Time now) {
  // Names, IPv6 and 'don't care' are unknown: nothing here waits for a name server.
  const auto* address = std::get_if<Ipv4>(&tuple.address);
  if (address == nullptr) return std::nullopt;
  if (!tuple.netmask) return side_of(*address);
  const std::optional<Prefix> network = network_of(*address, std::get<wire::Ipv4Netmask>(*tuple.netmask).mask);
  return network ? side_of(*network, now) : std::nullopt;
}

std::optional<Locality::Side> Locality::side_of(Ipv4 address) {
  if (is_configured({address, 32})) return Side::private_side;
  const std::optional<Routes::Route> route = route_to(address);
  if (!route || is_default(route->destination)) return std::nullopt;
  return route->side;
}

/// The route that contains the whole network decides; exceptions inside it are found by asking for their addresses.
std::optional<Locality::Side> Locality::side_of(const Prefix& network, lease::Time now) {
  if (is_configured(network)) return Side::private_side;
  refresh(now);
  std::optional<Prefix> routed;
  for (std::uint8_t length = network.length; length > 0 && !routed; --length) {
    const Prefix wider = *network_of(network.network, Prefix{{}, length}.netmask());
    if (std::ranges::binary_search(routed_, wider)) routed = wider;
  }
  // The first address may be one of this machine's own or broadcast, so it says nothing about the private side.
  const std::optional<Routes::Route> route = route_to(network.network);
  if (route && route->side == Side::public_side && !is_default(route->destination) &&
      route->destination.contains(network) && (!routed || route->destination.length > routed->length)) {
    return Side::public_side;
  }
  return routed ? std::optional(Side::private_side) : std::nullopt;
}

std::vector<wire::QueryTuple> Locality::all(lease::Time now) {
  refresh(now);
  std::vector<Prefix> networks = local_networks_;  // first: they are there whatever the bound cuts off
  std::ranges::copy_if(routed_, std::back_inserter(networks),
                       [this](const Prefix& network) { return !is_configured(network); });
  networks.resize(std::min(networks.size(), max_networks_listed));
  std::vector<wire::QueryTuple> tuples;
  std::ranges::transform(networks, std::back_inserter(tuples), local_tuple);
  return tuples;
}

std::optional<Routes::Route> Locality::route_to(Ipv4 address) {
  const Result<std::optional<Routes::Route>> route = routes_.route_to(address);
  if (!route) {
    spdlog::warn("locality of {} not known: {}", to_string(address), route.error().text());
    return std::nullopt;
  }
  return *route;
}

/// Where the kernel refuses, for one because its table changed meanwhile, what was known is kept until the next try.
void Locality::refresh(lease::Time now) {
  if (refreshed_ && now - *refreshed_ < routes_max_age) return;
  refreshed_ = now;
  Result<std::vector<Prefix>> networks = routes_.private_networks();
  if (!networks) {
    spdlog::warn("private networks not known anew: {}", networks.error().text());
    return;
  }
  routed_ = std::move(*networks);
  std::erase_if(routed_, is_default);
  std::ranges::sort(routed_);
  routed_.erase(std::unique(routed_.begin(), routed_.end()), routed_.end());
}

bool Locality::is_configured(const Prefix& network) const {
  return std::ranges::any_of(local_networks_, [&](const Prefix& local) { return local.contains(network); });
}

}  // namespace rsip::gateway
