// SPDX-License-Identifier: GPL-2.0-or-later
// The messages that ask for a binding: three ways to assign (RFC 3103 sections 9.6 and 9.8, RFC 3104 section 6.2), and
// to listen (RFC 3103 section 9.16).
#include <spdlog/spdlog.h>

#include <algorithm>

#include "gateway/assignment.hpp"
#include "gateway/error.hpp"
#include "gateway/error_table.hpp"
#include "gateway/gateway.hpp"
#include "gateway/steering.hpp"
#include "wire/cookie_prefix.hpp"

namespace rsip::gateway {

namespace {

using lease::Kind;
using wire::ErrorCode;

/// The first of the types that a host asks for which is offered; nothing where none is.
std::optional<TunnelType> choose_tunnel(std::span<const TunnelType> wanted, const Policy& policy) {
  if (wanted.empty()) return policy.tunnels.front();
  const auto found = std::ranges::find_if(wanted, [&policy](TunnelType type) { return policy.offers(type); });
  return found == wanted.end() ? std::nullopt : std::optional(*found);
}

template <typename T>
std::span<const T> span_of(const std::optional<T>& value) {
  return value ? std::span<const T>(&*value, 1) : std::span<const T>();
}

/// So many elements at most make up a binding under a remote flow policy: each local port with each remote.
constexpr std::size_t max_flows = 4096;

/// So many suggested SPIs at most are granted at once: the kernel is asked about each.
constexpr std::size_t max_suggested = 16;

/// Whether a host has chosen these itself, outside the range that is kept for hosts (RFC 3104 section 6.2).
bool is_suggested(const Run<Spi>& run, const Run<Spi>& kept) {
  return !kept.contains(run.first);
}

std::size_t count_suggested(const std::vector<Run<Spi>>& spis, const Run<Spi>& kept) {
  std::size_t sum = 0;
  for (const Run<Spi>& run : spis) sum += is_suggested(run, kept) ? run.count : 0;
  return sum;
}

}  // namespace

/// What the policy has against a request, whatever is free.
std::optional<ErrorCode> Gateway::forbidden(Ipv4 host, const lease::Request& request) const {
  switch (request.kind) {
    case Kind::rsa_ip:
      if (!offers_whole_addresses(host)) return ErrorCode::unsupported_message;
      break;
    case Kind::rsap_ip:
      break;
    case Kind::rsipsec:
      if (!policy_.may_use_ipsec(host)) return ErrorCode::ipsec_unallowed;
      if (count_suggested(request.spis.particular, leases_.config().spis) > max_suggested) {
        return ErrorCode::ipsec_spi_unavailable;
      }
      break;
    case Kind::listen_ike:
      if (!policy_.may_use_ipsec(host)) return ErrorCode::ipsec_unallowed;
      [[fallthrough]];
    case Kind::listen:
      if (!policy_.may_listen(host)) return ErrorCode::local_addrport_unallowed;
      break;
  }
  if (request.remotes.size() * std::max(request.ports.count(), 1U) > max_flows) {
    return ErrorCode::local_addrport_unavailable;
  }
  return std::nullopt;
}

/// A host that listens for the IKE of one peer says so, whatever the policy is for other requests.
wire::RemotePolicy Gateway::remote_policy_for(Ipv4 host, Kind kind, const wire::Address& remote) const {
  const bool one_peer = kind == Kind::listen_ike && !std::holds_alternative<wire::AnyAddress>(remote);
  return one_peer ? wire::RemotePolicy::macro : policy_.flow_policy(host).remote;
}

tl::expected<Gateway::Assigned, ErrorCode> Gateway::assign(const Peer& peer, ClientId client, lease::Request request,
                                                           const RemoteParameters& remote,
                                                           std::span<const TunnelType> tunnels, lease::Time now,
                                                           std::span<const Ipv4> resolved) {
  const auto found = leases_.registration(peer.host, client);
  if (!found) return tl::unexpected(error_code(found.error()));
  const lease::Registration& registration = **found;
  if (draining_) {
    cause_ = "draining";
    return tl::unexpected(ErrorCode::local_addr_unavailable);  // "the host may try again later"
  }

  const std::optional<TunnelType> tunnel = choose_tunnel(tunnels, policy_);
  if (!tunnel) return tl::unexpected(ErrorCode::bad_tunnel_type);
  request.tunnel = *tunnel;
  const TunnelDevice* present = tunnels_.find(peer.host, *tunnel);
  request.gateway = present == nullptr ? peer.gateway : present->gateway;
  const wire::RemotePolicy remote_policy = remote_policy_for(peer.host, request.kind, remote.address);
  // RFC 3104 section 6.2: without ports of its own the host needs none of the remote's.
  const bool may_omit_port = request.kind == Kind::rsipsec && request.ports.count() == 0;
  auto remotes = remotes_of(remote, remote_policy, may_omit_port, policy_, resolved);
  if (!remotes) return tl::unexpected(remotes.error());
  request.remotes = std::move(*remotes);
  if (const std::optional<ErrorCode> code = forbidden(peer.host, request)) return tl::unexpected(*code);

  const lease::Granted<const lease::Binding*> granted = leases_.assign(peer.host, request, now);
  if (!granted) return tl::unexpected(error_code(granted.error()));
  const lease::Binding& binding = **granted;
  const Result<bool> own = has_own(binding);
  if (!own || *own) {
    if (!own) {
      spdlog::error("assignment failed host={} client={}: {}", to_string(peer.host), number(client),
                    own.error().text());
    }
    undo_assign(registration, binding.id);
    cause_ = own ? "own-ipsec" : "";
    return tl::unexpected(own ? ErrorCode::ipsec_spi_inuse : ErrorCode::internal_server_error);
  }
  const Result<const TunnelDevice*> device = put_in_force(peer, registration, binding, now);
  if (!device) {
    spdlog::error("assignment failed host={} client={}: {}", to_string(peer.host), number(client),
                  device.error().text());
    const lease::Binding undone = binding;
    undo_assign(registration, undone.id);
    clear_up(peer.host, undone);
    return tl::unexpected(ErrorCode::internal_server_error);
  }
  if (store::Journal* journal = record()) journal->assigned(registration, binding);
  notify({.kind = Event::Kind::assigned,
          .at = now,
          .host = peer.host,
          .client = client,
          .bind = binding.id,
          .binding = &binding});

  Assigned assigned{&binding, granted_remote(remote, remote_policy), std::nullopt};
  if ((*device)->gateway != peer.gateway) assigned.tunnel_endpoint = (*device)->gateway;
  return assigned;
}

void Gateway::undo_assign(const lease::Registration& registration, BindId bind) {
  leases_.undo_assign(registration.host, bind);
  if (store::Journal* journal = record()) journal->renewed(registration);
}

/// Those that this machine's IKE daemon chooses are not ours to give. The range that is kept for hosts has none of
/// them, so requests that suggest none outside it cost nothing.
Result<bool> Gateway::has_own(const lease::Binding& binding) {
  for (const Run<Spi>& run : binding.spis) {
    if (!is_suggested(run, leases_.config().spis)) continue;
    for (std::uint32_t i = 0; i < run.count; ++i) {
      Result<bool> own = kernel_.has_own_sa(binding.address, static_cast<Spi>(number(run.first) + i));
      if (!own || *own) return own;
    }
  }
  return false;
}

/// All of it, or nothing but what clear_up() takes back. A whole address is announced with its first binding, and
/// before its elements are there: until then what comes for it is dropped.
Result<const TunnelDevice*> Gateway::put_in_force(const Peer& peer, const lease::Registration& registration,
                                                  const lease::Binding& binding, lease::Time now) {
  const Result<const TunnelDevice*> tunnel =
      tunnels_.obtain(registration.client, peer.host, binding.tunnel, binding.gateway);
  if (!tunnel) return tl::unexpected(tunnel.error());
  if (binding.kind == Kind::rsa_ip && !needs_address_otherwise(peer.host, binding)) {
    const Result<void> done = kernel_.announce(binding.address, (*tunnel)->device);
    if (!done) return tl::unexpected(done.error());
  }
  steer::Transaction changes;
  steer_binding(changes, (*tunnel)->device, registration, binding, now);
  sole_steering_.begin(changes, registration, binding, now);
  if (const Result<void> done = commit(changes); !done) return tl::unexpected(done.error());
  return *tunnel;
}

template <typename Response, typename Request>
Gateway::Answer Gateway::grant(const Peer& peer, const Request& request, lease::Request wanted,
                               std::span<const TunnelType> tunnels, lease::Time now, std::span<const Ipv4> resolved) {
  const auto local = local_address(request.local);
  if (!local) return error(local.error(), request.client);
  wanted.address = *local;
  wanted.lease = request.lease;
  if constexpr (requires { request.local_ports; }) {
    const auto enough = check_local_ports(request.local_ports, policy_.flow_policy(peer.host).local);
    if (!enough) return error(enough.error(), request.client);
    if (wanted.kind != Kind::listen_ike) wanted.ports = wanted_ports(request.local_ports);
  }
  const auto assigned =
      assign(peer, request.client, std::move(wanted), {request.remote, request.remote_ports}, tunnels, now, resolved);
  if (!assigned) return error(assigned.error(), request.client);

  const lease::Binding& binding = *assigned->binding;
  Response response;
  response.client = request.client;
  response.bind = binding.id;
  response.local = binding.address;
  if constexpr (requires { response.local_ports; }) response.local_ports = granted_ports(binding);
  if constexpr (requires { response.spis; }) {
    response.spis = granted_spis(binding.spis);
    if (binding.prefix) response.vendor.push_back(wire::cookie_prefix_grant(*binding.prefix));
  }
  response.remote = assigned->remote.address;
  response.remote_ports = assigned->remote.ports;
  response.lease = leases_.granted_lease(request.lease);
  response.tunnel = binding.tunnel;
  response.tunnel_endpoint = assigned->tunnel_endpoint;
  return response;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::AssignRequestRsaIp& request, lease::Time now,
                                std::span<const Ipv4> resolved) {
  return grant<wire::AssignResponseRsaIp>(peer, request, {.kind = kind_of(request)}, span_of(request.tunnel), now,
                                          resolved);
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::AssignRequestRsapIp& request, lease::Time now,
                                std::span<const Ipv4> resolved) {
  return grant<wire::AssignResponseRsapIp>(peer, request, {.kind = kind_of(request)}, span_of(request.tunnel), now,
                                           resolved);
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::AssignRequestRsipsec& request, lease::Time now,
                                std::span<const Ipv4> resolved) {
  lease::Request wanted{.kind = kind_of(request), .spis = wanted_spis(request.spis)};
  wanted.prefix_bits = wire::wished_cookie_prefix(request.vendor).value_or(0);
  wanted.prefix = wire::suggested_cookie_prefix(request.vendor);
  return grant<wire::AssignResponseRsipsec>(peer, request, std::move(wanted), span_of(request.tunnel), now, resolved);
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::ListenRequest& request, lease::Time now,
                                std::span<const Ipv4> resolved) {
  return grant<wire::ListenResponse>(peer, request, {.kind = kind_of(request)}, request.tunnels, now, resolved);
}

}  // namespace rsip::gateway
