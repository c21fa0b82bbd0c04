// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/grant.hpp"

#include <algorithm>
#include <variant>

#include "wire/cookie_prefix.hpp"

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

/// Whether the response names the remote host that was asked for.
bool same_host(const wire::Address& response, const RemoteHost& asked) {
  if (const auto* address = std::get_if<Ipv4>(&asked.host)) return response == wire::Address(*address);
  return response == wire::Address(wire::Fqdn{std::get<std::string>(asked.host)});
}

/// What the binding is restricted to: nothing, the remote address that was asked for, or that and its ports (RFC 3103
/// sections 9.7.3, 9.9.3, 9.17.3, for the policies none, macro and micro); all zeros is how section 9.8.3 spells 'any'.
template <typename Response>
tl::expected<std::optional<RemoteHost>, std::string> remote_of(const Response& response, const Wish& wish) {
  const auto* address = std::get_if<Ipv4>(&response.remote);
  const bool any_host =
      std::holds_alternative<wire::AnyAddress>(response.remote) || (address != nullptr && address->value == 0);
  const bool any_ports = std::holds_alternative<wire::AnyPorts>(response.remote_ports) ||
                         std::holds_alternative<wire::NoPorts>(response.remote_ports);
  if (any_host && any_ports) return std::nullopt;
  if (!wish.remote) return tl::unexpected<std::string>("only one remote host, which was not asked for");
  if (any_host || !same_host(response.remote, *wish.remote)) {
    return tl::unexpected<std::string>("another remote host than " + to_string(*wish.remote));
  }
  if (any_ports) return RemoteHost{wish.remote->host, std::nullopt};
  if (!wish.remote->ports || response.remote_ports != wire::Ports(*wish.remote->ports)) {
    return tl::unexpected<std::string>("other remote ports than those of " + to_string(*wish.remote));
  }
  return wish.remote;
}

/// The first of those wanted by name that is not there, or null.
template <typename Id>
const Run<Id>* missing(const std::vector<Run<Id>>& granted, const std::vector<Run<Id>>& wanted) {
  for (const Run<Id>& part : wanted) {
    const bool there = std::ranges::any_of(
        granted, [&part](const Run<Id>& run) { return run.contains(part.first) && run.contains(part.last()); });
    if (!there) return &part;
  }
  return nullptr;
}

/// Why these are not the ports of `wish`; empty if they are.
std::string wrong_ports(const std::vector<Run<Port>>& granted, const Wish& wish) {
  if (total(granted) < wish.ports) return too_few(total(granted), wish.ports, "ports");
  const Run<Port>* lacks = missing(granted, wish.local_ports);
  return lacks == nullptr ? "" : "other ports than " + to_string(*lacks);
}

/// The same for SPIs.
std::string wrong_spis(const std::vector<Run<Spi>>& granted, const Wish& wish) {
  if (total(granted) < wish.spis) return too_few(total(granted), wish.spis, "SPIs");
  return missing(granted, wish.local_spis) == nullptr ? "" : "other SPIs than those asked for";
}

template <typename Response>
tl::expected<Grant, std::string> read(const Response& response, Kind kind, const Wish& wish) {
  if (kind != wish.kind) return tl::unexpected("a lease of another kind than " + std::string(name(wish.kind)));
  const auto* address = std::get_if<Ipv4>(&response.local);
  if (address == nullptr || address->value == 0) return tl::unexpected<std::string>("no IPv4 address");
  if (wish.address && *address != *wish.address) {
    return tl::unexpected("another address than " + rsip::to_string(*wish.address));
  }
  if (response.lease.count() == 0) return tl::unexpected<std::string>("a lease of 0 seconds");
  if (response.tunnel != wish.tunnel) {
    return tl::unexpected("a tunnel type other than " + std::string(name(wish.tunnel)));
  }
  tl::expected<std::optional<RemoteHost>, std::string> remote = remote_of(response, wish);
  if (!remote) return tl::unexpected(remote.error());

  Grant grant{.kind = kind,
              .client = response.client,
              .bind = response.bind,
              .address = *address,
              .ports = {},
              .spis = {},
              .remote = std::move(*remote),
              .lease = response.lease,
              .tunnel = response.tunnel,
              .tunnel_endpoint = std::nullopt,
              .cookie_prefix = std::nullopt};
  if constexpr (requires { response.local_ports; }) {
    grant.ports = runs_of<Port>(response.local_ports);
    if (const std::string wrong = wrong_ports(grant.ports, wish); !wrong.empty()) return tl::unexpected(wrong);
  }
  if constexpr (requires { response.spis; }) {
    grant.spis = runs_of<Spi>(response.spis);
    if (const std::string wrong = wrong_spis(grant.spis, wish); !wrong.empty()) return tl::unexpected(wrong);
    if (wish.cookie_prefix) {
      grant.cookie_prefix = wire::granted_cookie_prefix(response.vendor);
      if (!grant.cookie_prefix) return tl::unexpected<std::string>("no cookie prefix (--ike-port 500 does without)");
    }
  }
  if (response.tunnel_endpoint) {
    const auto* endpoint = std::get_if<Ipv4>(&*response.tunnel_endpoint);
    if (endpoint == nullptr || endpoint->value == 0) return tl::unexpected<std::string>("no IPv4 tunnel endpoint");
    grant.tunnel_endpoint = *endpoint;
  }
  return grant;
}

wire::Address local_address(const Wish& wish, const Grant* old) {
  if (old != nullptr) return old->address;
  return wish.address ? wire::Address(*wish.address) : wire::Address(wire::AnyAddress{});
}

/// "Otherwise, it MUST set the port parameters to the "don't need" value" (RFC 3104 section 6.2)
bool needs_no_ports(const Wish& wish) {
  return wish.kind == Kind::rsipsec && wish.ports == 0;
}

wire::Ports local_ports(const Wish& wish, const Grant* old) {
  if (needs_no_ports(wish)) return wire::NoPorts{};
  if (old != nullptr) return parameter_of<wire::Ports>(old->ports);
  if (!wish.local_ports.empty()) return parameter_of<wire::Ports>(wish.local_ports);
  return wire::AnyPorts{wish.ports};
}

wire::Address remote_address(const Wish& wish) {
  if (!wish.remote) return wire::AnyAddress{};
  if (const auto* address = std::get_if<Ipv4>(&wish.remote->host)) return *address;
  return wire::Fqdn{std::get<std::string>(wish.remote->host)};
}

wire::Ports remote_ports(const Wish& wish) {
  if (needs_no_ports(wish)) return wire::NoPorts{};
  return wish.remote && wish.remote->ports ? wire::Ports(*wish.remote->ports) : wire::Ports(wire::AnyPorts{});
}

wire::Spis local_spis(const Wish& wish, const Grant* old) {
  if (old != nullptr) return parameter_of<wire::Spis>(old->spis);
  if (!wish.local_spis.empty()) return parameter_of<wire::Spis>(wish.local_spis);
  return wire::AnySpis{wish.spis};
}

/// The parameters that the requests have, as far as `Request` has them.
template <typename Request>
Request request_for(ClientId client, const Wish& wish, const Grant* old) {
  Request request;
  request.client = client;
  request.lease = wish.lease;
  request.local = local_address(wish, old);
  request.remote = remote_address(wish);
  request.remote_ports = remote_ports(wish);
  if constexpr (requires { request.local_ports; }) request.local_ports = local_ports(wish, old);
  if constexpr (requires { request.tunnels; }) {
    request.tunnels = {wish.tunnel};
  } else {
    request.tunnel = wish.tunnel;
  }
  if constexpr (requires { request.spis; }) {
    request.spis = local_spis(wish, old);
    if (wish.cookie_prefix) {
      const bool held = old != nullptr && old->cookie_prefix;
      request.vendor = {held ? wire::cookie_prefix_wish(*old->cookie_prefix) : wire::cookie_prefix_wish()};
    }
  }
  return request;
}

}  // namespace

wire::Message assign_request(ClientId client, const Wish& wish, const Grant* old) {
  switch (wish.kind) {
    case Kind::rsa_ip:
      return request_for<wire::AssignRequestRsaIp>(client, wish, old);
    case Kind::rsap_ip:
      return request_for<wire::AssignRequestRsapIp>(client, wish, old);
    case Kind::listen:
      return request_for<wire::ListenRequest>(client, wish, old);
    case Kind::rsipsec:
      break;
  }
  return request_for<wire::AssignRequestRsipsec>(client, wish, old);
}

tl::expected<Grant, std::string> understand(const wire::Message& response, const Wish& wish) {
  if (const auto* whole = std::get_if<wire::AssignResponseRsaIp>(&response)) return read(*whole, Kind::rsa_ip, wish);
  if (const auto* ports = std::get_if<wire::AssignResponseRsapIp>(&response)) return read(*ports, Kind::rsap_ip, wish);
  if (const auto* spis = std::get_if<wire::AssignResponseRsipsec>(&response)) return read(*spis, Kind::rsipsec, wish);
  if (const auto* server = std::get_if<wire::ListenResponse>(&response)) return read(*server, Kind::listen, wish);
  return tl::unexpected<std::string>("nothing");
}

std::optional<GrantIds> grant_ids(const wire::Message& response) {
  return std::visit(
      [](const auto& each) -> std::optional<GrantIds> {
        if constexpr (requires { each.tunnel_endpoint; }) return GrantIds{each.client, each.bind};
        return std::nullopt;
      },
      response);
}

}  // namespace rsip::host
