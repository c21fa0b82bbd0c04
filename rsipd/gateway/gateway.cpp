// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/gateway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "gateway/assignment.hpp"
#include "gateway/error_table.hpp"
#include "gateway/steering.hpp"
#include "ike/packet.hpp"
#include "wire/codec.hpp"

namespace rsip::gateway {

namespace {

using wire::ErrorCode;

/// RFC 3103 section 9.1.1: the client and bind IDs that an error is about go with it.
wire::ErrorResponse error(ErrorCode code, std::optional<ClientId> client = {}, std::optional<BindId> bind = {}) {
  wire::ErrorResponse response;
  response.error = code;
  response.client = client;
  response.bind = bind;
  return response;
}

Bytes encode_with_counter(wire::Message message, std::optional<Counter> counter) {
  std::visit([counter](auto& any) { any.counter = counter; }, message);
  return wire::encode(message);
}

/// Messages that start or end a session, and therefore may carry any counter.
bool starts_session(const wire::Message& message) {
  return std::holds_alternative<wire::RegisterRequest>(message) ||
         std::holds_alternative<wire::DeregisterRequest>(message);
}

std::string describe(const std::vector<Run<Port>>& runs) {
  std::string text;
  for (const Run<Port>& run : runs) {
    text += fmt::format("{}{}-{}", text.empty() ? "" : ",", number(run.first), number(run.last()));
  }
  return text.empty() ? "none" : text;
}

std::string describe(const std::vector<Run<Spi>>& runs) {
  std::string text;
  for (const Run<Spi>& run : runs) {
    text += fmt::format("{}{:#x}-{:#x}", text.empty() ? "" : ",", number(run.first), number(run.last()));
  }
  return text.empty() ? "none" : text;
}

}  // namespace

Gateway::Gateway(Policy policy, lease::Config config, lease::Random random, Kernel& kernel)
    : policy_(std::move(policy)),
      leases_(std::move(config), std::move(random)),
      kernel_(kernel),
      last_answers_(std::size_t{2} * leases_.config().max_hosts) {}

std::optional<Bytes> Gateway::handle(const Peer& peer, std::span<const std::uint8_t> message, lease::Time now) {
  const tl::expected<wire::Message, wire::DecodeError> decoded = wire::decode(message);
  if (!decoded) {
    return encode_with_counter(error(decoded.error().code, decoded.error().client), decoded.error().counter);
  }

  const std::optional<Counter> counter = std::visit([](const auto& any) { return any.counter; }, *decoded);
  if (peer.transport == Transport::tcp) {
    const std::optional<Answer> reply = dispatch(peer, *decoded, now);
    if (!reply) return std::nullopt;
    return encode_with_counter(*reply, counter);
  }

  // RFC 3103 section 10.1: UDP loses and repeats; counters make a repeated request harmless.
  if (!counter) return encode_with_counter(error(ErrorCode::message_counter_required), std::nullopt);
  const LastAnswers::Verdict verdict = last_answers_.check(peer.host, peer.port, *counter);
  if (verdict.seen == LastAnswers::Seen::duplicate) return *verdict.answer;
  if (verdict.seen == LastAnswers::Seen::stale && !starts_session(*decoded)) return std::nullopt;

  const std::optional<Answer> reply = dispatch(peer, *decoded, now);
  if (!reply) return std::nullopt;
  Bytes bytes = encode_with_counter(*reply, counter);
  if (policy_.may_register(peer.host)) last_answers_.remember(peer.host, peer.port, *counter, bytes);
  return bytes;
}

std::optional<Gateway::Answer> Gateway::dispatch(const Peer& peer, const wire::Message& message, lease::Time now) {
  return std::visit(
      [&](const auto& any) -> std::optional<Answer> {
        using Type = std::decay_t<decltype(any)>;
        if constexpr (requires { this->answer(peer, any, now); }) {
          return answer(peer, any, now);
        } else if constexpr (std::is_same_v<Type, wire::AssignRequestRsaIp> ||
                             std::is_same_v<Type, wire::QueryRequest> || std::is_same_v<Type, wire::ListenRequest>) {
          return error(ErrorCode::unsupported_message, any.client);
        } else {
          return std::nullopt;  // an answer to a response would make two gateways answer each other for ever
        }
      },
      message);
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::RegisterRequest& /*request*/, lease::Time now) {
  if (!policy_.may_register(peer.host)) {
    spdlog::warn("registration denied host={} cause=policy", to_string(peer.host));
    return error(ErrorCode::registration_denied);
  }
  const lease::Granted<const lease::Registration*> made = leases_.register_host(peer.host, now);
  if (!made) {
    const lease::Registration* present = leases_.find(peer.host);
    // RFC 3103 section 9.2.3: the host learns its client ID, so that a host that lost it can de-register.
    return error(error_code(made.error()), present == nullptr ? std::nullopt : std::optional(present->client));
  }
  const lease::Registration& registration = **made;
  spdlog::info("registered host={} client={}", to_string(peer.host), number(registration.client));

  wire::RegisterResponse response;
  response.client = registration.client;
  response.lease = leases_.config().registration_lease;
  response.policy = {wire::LocalPolicy::macro, wire::RemotePolicy::none};
  response.methods = {wire::Method::rsap_ip};
  // RFC 3104 section 6.
  if (policy_.may_use_ipsec(peer.host)) response.methods.push_back(wire::Method::rsipsec);
  response.tunnels = {wire::TunnelType::ip_ip};
  return response;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::DeregisterRequest& request, lease::Time now) {
  const auto found = leases_.registration(peer.host, request.client);
  if (!found) return error(error_code(found.error()), request.client);

  if (const auto tunnel = tunnels_.find(peer.host); tunnel != tunnels_.end()) {
    steer::Transaction changes;
    unsteer_host(changes, tunnel->second.device, **found, now);
    if (const Result<void> done = kernel_.commit(changes); !done) {
      spdlog::error("de-register host={} failed: {}", to_string(peer.host), done.error().text());
      return error(ErrorCode::internal_server_error, request.client);
    }
    retire_tunnel(peer.host);
  }
  leases_.deregister(peer.host, now);
  spdlog::info("de-registered host={} client={}", to_string(peer.host), number(request.client));

  wire::DeregisterResponse response;
  response.client = request.client;
  return response;
}

tl::expected<Gateway::Assigned, ErrorCode> Gateway::assign(const Peer& peer, ClientId client,
                                                           const lease::Request& request,
                                                           std::optional<wire::TunnelType> tunnel, lease::Time now) {
  const auto found = leases_.registration(peer.host, client);
  if (!found) return tl::unexpected(error_code(found.error()));
  const lease::Registration& registration = **found;
  if (tunnel.value_or(wire::TunnelType::ip_ip) != wire::TunnelType::ip_ip) {
    return tl::unexpected(ErrorCode::bad_tunnel_type);
  }
  if (request.ipsec && !policy_.may_use_ipsec(peer.host)) return tl::unexpected(ErrorCode::ipsec_unallowed);

  const lease::Granted<const lease::Binding*> granted = leases_.assign(peer.host, request, now);
  if (!granted) {
    const ErrorCode code = error_code(granted.error());
    spdlog::info("assignment refused host={} client={} error={}", to_string(peer.host), number(client),
                 wire::name(code));
    return tl::unexpected(code);
  }
  const lease::Binding& binding = **granted;

  Result<void> done;
  const Result<const TunnelDevice*> device = tunnel_of(registration, peer.gateway);
  if (device) {
    steer::Transaction changes;
    steer_binding(changes, (*device)->device, registration, binding, now);
    done = kernel_.commit(changes);
  } else {
    done = tl::unexpected(device.error());
  }
  if (!done) {
    spdlog::error("assignment failed host={} client={}: {}", to_string(peer.host), number(client), done.error().text());
    leases_.undo_assign(peer.host, binding.id);
    if (registration.bindings.empty()) retire_tunnel(peer.host);
    return tl::unexpected(ErrorCode::internal_server_error);
  }

  spdlog::info("assigned host={} client={} bind={} address={} ports={} spis={} device={}", to_string(peer.host),
               number(client), number(binding.id), to_string(binding.address), describe(binding.ports),
               describe(binding.spis), (*device)->device.name);
  Assigned assigned{&binding, std::nullopt};
  if ((*device)->gateway != peer.gateway) assigned.tunnel_endpoint = (*device)->gateway;
  return assigned;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::AssignRequestRsapIp& request, lease::Time now) {
  const auto local = local_address(request.local);
  if (!local) return error(local.error(), request.client);
  const auto assigned = assign(
      peer, request.client, {*local, wanted_ports(request.local_ports), {}, false, request.lease}, request.tunnel, now);
  if (!assigned) return error(assigned.error(), request.client);

  wire::AssignResponseRsapIp response;
  response.client = request.client;
  response.bind = assigned->binding->id;
  response.local = assigned->binding->address;
  response.local_ports = granted_ports(assigned->binding->ports);
  response.remote = wire::AnyAddress{};
  response.remote_ports = remote_ports_without_policy(request.remote_ports);
  response.lease = leases_.granted_lease(request.lease);
  response.tunnel = wire::TunnelType::ip_ip;
  response.tunnel_endpoint = assigned->tunnel_endpoint;
  return response;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::AssignRequestRsipsec& request, lease::Time now) {
  const auto local = local_address(request.local);
  if (!local) return error(local.error(), request.client);
  const auto assigned = assign(
      peer, request.client, {*local, wanted_ports(request.local_ports), wanted_spis(request.spis), true, request.lease},
      request.tunnel, now);
  if (!assigned) return error(assigned.error(), request.client);

  wire::AssignResponseRsipsec response;
  response.client = request.client;
  response.bind = assigned->binding->id;
  response.local = assigned->binding->address;
  response.local_ports = granted_ports(assigned->binding->ports);
  response.remote = wire::AnyAddress{};
  response.remote_ports = remote_ports_without_policy(request.remote_ports);
  response.spis = granted_spis(assigned->binding->spis);
  response.lease = leases_.granted_lease(request.lease);
  response.tunnel = wire::TunnelType::ip_ip;
  response.tunnel_endpoint = assigned->tunnel_endpoint;
  return response;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::ExtendRequest& request, lease::Time now) {
  const auto found = leases_.registration(peer.host, request.client);
  if (!found) return error(error_code(found.error()), request.client);
  const auto binding = leases_.binding(**found, request.bind, now);
  if (!binding) return error(error_code(binding.error()), request.client, request.bind);

  const LeaseTime granted = leases_.granted_lease(request.lease);
  steer::Transaction changes;
  extend_steering(changes, tunnels_.at(peer.host).device, **found, **binding, now + granted, now);
  if (const Result<void> done = kernel_.commit(changes); !done) {
    spdlog::error("extension failed host={} client={} bind={}: {}", to_string(peer.host), number(request.client),
                  number(request.bind), done.error().text());
    return error(ErrorCode::internal_server_error, request.client, request.bind);
  }
  leases_.extend(peer.host, request.bind, now + granted);
  spdlog::info("extended host={} client={} bind={} lease={}", to_string(peer.host), number(request.client),
               number(request.bind), granted.count());

  wire::ExtendResponse response;
  response.client = request.client;
  response.bind = request.bind;
  response.lease = granted;
  return response;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::FreeRequest& request, lease::Time now) {
  const auto found = leases_.registration(peer.host, request.client);
  if (!found) return error(error_code(found.error()), request.client);
  const auto binding = leases_.binding(**found, request.bind, now);
  if (!binding) return error(error_code(binding.error()), request.client, request.bind);

  steer::Transaction changes;
  unsteer_binding(changes, tunnels_.at(peer.host).device, **found, **binding, now);
  if (const Result<void> done = kernel_.commit(changes); !done) {
    spdlog::error("free failed host={} client={} bind={}: {}", to_string(peer.host), number(request.client),
                  number(request.bind), done.error().text());
    return error(ErrorCode::internal_server_error, request.client, request.bind);
  }
  leases_.free(peer.host, request.bind, now);
  if ((*found)->bindings.empty()) retire_tunnel(peer.host);
  spdlog::info("freed host={} client={} bind={}", to_string(peer.host), number(request.client), number(request.bind));

  wire::FreeResponse response;
  response.client = request.client;
  response.bind = request.bind;
  return response;
}

Result<const Gateway::TunnelDevice*> Gateway::tunnel_of(const lease::Registration& registration, Ipv4 gateway) {
  if (const auto found = tunnels_.find(registration.host); found != tunnels_.end()) return &found->second;
  remove_idle_tunnels();  // one of them may have the same ends or the same name
  const Result<steer::Device> made =
      kernel_.add_tunnel({registration.slot, TunnelType::ip_ip, registration.client, registration.host, gateway});
  if (!made) return tl::unexpected(made.error());
  hosts_by_ifindex_.emplace(made->index, registration.host);
  return &tunnels_.emplace(registration.host, TunnelDevice{*made, gateway}).first->second;
}

void Gateway::retire_tunnel(Ipv4 host) {
  const auto found = tunnels_.find(host);
  if (found == tunnels_.end()) return;
  hosts_by_ifindex_.erase(found->second.device.index);
  idle_tunnels_.push_back(std::move(found->second.device));
  tunnels_.erase(found);
}

void Gateway::remove_idle_tunnels() {
  for (const steer::Device& device : idle_tunnels_) {
    if (const Result<void> done = kernel_.remove_tunnel(device); !done) spdlog::error("{}", done.error().text());
  }
  idle_tunnels_.clear();
}

steer::Verdict Gateway::judge_ike(std::uint32_t ifindex, std::span<const std::uint8_t> packet, lease::Time now) {
  const std::optional<ike::Packet> ike = ike::parse_packet(packet);
  const auto host = hosts_by_ifindex_.find(ifindex);
  if (!ike || ike->source_port != ike::ike_port || host == hosts_by_ifindex_.end()) return steer::Verdict::drop;

  const Cookie cookie = ike->ike.initiator;
  const lease::LeaseTable::CookieCheck check = leases_.check_cookie(host->second, ike->source, cookie, now);
  switch (check.verdict) {
    case lease::LeaseTable::CookieCheck::Verdict::known:
      return steer::Verdict::accept;
    case lease::LeaseTable::CookieCheck::Verdict::no_binding:
      return steer::Verdict::drop;
    case lease::LeaseTable::CookieCheck::Verdict::in_use:
      spdlog::warn("cookie in use host={} address={} cookie={:#018x}", to_string(host->second), to_string(ike->source),
                   number(cookie));
      return steer::Verdict::refuse_cookie;
    case lease::LeaseTable::CookieCheck::Verdict::unused:
      break;
  }

  steer::Transaction changes;
  steer_cookie(changes, tunnels_.at(host->second).device, *leases_.find(host->second), check, cookie, now);
  if (const Result<void> done = kernel_.commit(changes); !done) {
    spdlog::error("cookie not installed host={} cookie={:#018x}: {}", to_string(host->second), number(cookie),
                  done.error().text());
    return steer::Verdict::drop;
  }
  leases_.learn_cookie(host->second, check, cookie);
  spdlog::info("cookie learned host={} address={} bind={} cookie={:#018x}", to_string(host->second),
               to_string(ike->source), number(check.binding->id), number(cookie));
  return steer::Verdict::accept;
}

void Gateway::expire(lease::Time now) {
  for (const lease::LeaseTable::Ended& ended : leases_.expire(now)) {
    if (ended.bind) {
      spdlog::info("expired host={} client={} bind={}", to_string(ended.host), number(ended.client),
                   number(*ended.bind));
      if (ended.last_binding) retire_tunnel(ended.host);
    } else {
      spdlog::info("registration expired host={} client={}", to_string(ended.host), number(ended.client));
      retire_tunnel(ended.host);
    }
  }
  remove_idle_tunnels();
}

}  // namespace rsip::gateway
