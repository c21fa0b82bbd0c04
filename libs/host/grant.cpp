// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/grant.hpp"

#include <algorithm>
#include <variant>

namespace rsip::host {
namespace {

/// Ports and SPIs come as one run or as a list; both become runs.
template <typename Id, typename Parameter>
std::vector<Run<Id>> runs_of(const Parameter& parameter) {
  std::vector<Id> ids;
  if (const auto* run = std::get_if<Run<Id>>(&parameter)) return {*run};
  if (const auto* list = std::get_if<std::vector<Id>>(&parameter)) ids = *list;
  std::sort(ids.begin(), ids.end());
  std::vector<Run<Id>> runs;
  for (const Id id : ids) {
    if (!runs.empty() && runs.back().contains(id)) continue;
    if (!runs.empty() && number(runs.back().last()) + 1 == number(id)) {
      ++runs.back().count;
    } else {
      runs.push_back({id, 1});
    }
  }
  return runs;
}

/// The other way: the contiguous form where one run is all there is.
template <typename Parameter, typename Id>
Parameter parameter_of(const std::vector<Run<Id>>& runs) {
  if (runs.size() == 1) return runs.front();
  std::vector<Id> ids;
  for (const Run<Id>& run : runs) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      ids.push_back(static_cast<Id>(static_cast<std::underlying_type_t<Id>>(number(run.first) + i)));
    }
  }
  return ids;
}

std::string too_few(std::uint32_t granted, std::uint32_t asked, const std::string& thing) {
  return std::to_string(granted) + " " + thing + " instead of " + std::to_string(asked);
}

/// What the two responses have in common. `wish` asked for no remote address, so none may be imposed
/// (RFC 3103 section 9.9.3); all zeros is how section 9.8.3 spells 'any'.
template <typename Response>
tl::expected<Grant, std::string> understand_common(const Response& response, const Wish& wish) {
  const auto* address = std::get_if<Ipv4>(&response.local);
  if (address == nullptr || address->value == 0) return tl::unexpected<std::string>("no IPv4 address");
  if (response.lease.count() == 0) return tl::unexpected<std::string>("a lease of 0 seconds");
  if (response.tunnel != wire::TunnelType::ip_ip) return tl::unexpected<std::string>("a tunnel type other than IP-IP");
  const auto* remote = std::get_if<Ipv4>(&response.remote);
  const bool any_remote =
      std::holds_alternative<wire::AnyAddress>(response.remote) || (remote != nullptr && remote->value == 0);
  const bool any_remote_port = std::holds_alternative<wire::AnyPorts>(response.remote_ports) ||
                               std::holds_alternative<wire::NoPorts>(response.remote_ports);
  if (!any_remote || !any_remote_port)
    return tl::unexpected<std::string>("only one remote host, which was not asked for");

  Grant grant{.client = response.client,
              .bind = response.bind,
              .address = *address,
              .ports = runs_of<Port>(response.local_ports),
              .spis = {},
              .lease = response.lease,
              .tunnel_endpoint = std::nullopt};
  if (total(grant.ports) < wish.ports) {
    return tl::unexpected(too_few(total(grant.ports), wish.ports, "ports"));
  }
  if (response.tunnel_endpoint) {
    const auto* endpoint = std::get_if<Ipv4>(&*response.tunnel_endpoint);
    if (endpoint == nullptr || endpoint->value == 0) return tl::unexpected<std::string>("no IPv4 tunnel endpoint");
    grant.tunnel_endpoint = *endpoint;
  }
  return grant;
}

/// The parameters that both requests have.
template <typename Request>
Request request_for(ClientId client, const Wish& wish, const Grant* old) {
  Request request;
  request.client = client;
  request.lease = wish.lease;
  request.local = old != nullptr ? wire::Address(old->address) : wire::Address(wire::AnyAddress{});
  request.remote = wire::AnyAddress{};
  if (wish.ports == 0) {
    // "Otherwise, it MUST set the port parameters to the "don't need" value" (RFC 3104 section 6.2)
    request.local_ports = wire::NoPorts{};
    request.remote_ports = wire::NoPorts{};
  } else {
    request.local_ports =
        old != nullptr ? parameter_of<wire::Ports>(old->ports) : wire::Ports(wire::AnyPorts{wish.ports});
    request.remote_ports = wire::AnyPorts{};
  }
  return request;
}

}  // namespace

wire::Message assign_request(ClientId client, const Wish& wish, const Grant* old) {
  if (wish.spis == 0) return request_for<wire::AssignRequestRsapIp>(client, wish, old);
  auto request = request_for<wire::AssignRequestRsipsec>(client, wish, old);
  request.spis = old != nullptr ? parameter_of<wire::Spis>(old->spis) : wire::Spis(wire::AnySpis{wish.spis});
  return request;
}

tl::expected<Grant, std::string> understand(const wire::AssignResponseRsipsec& response, const Wish& wish) {
  tl::expected<Grant, std::string> grant = understand_common(response, wish);
  if (!grant) return grant;
  grant->spis = runs_of<Spi>(response.spis);
  if (total(grant->spis) < wish.spis) return tl::unexpected(too_few(total(grant->spis), wish.spis, "SPIs"));
  return grant;
}

tl::expected<Grant, std::string> understand(const wire::AssignResponseRsapIp& response, const Wish& wish) {
  return understand_common(response, wish);
}

}  // namespace rsip::host
