// SPDX-License-Identifier: GPL-2.0-or-later
// Hosts are told what is wrong with the packets that they send (RFC 3103 section 10.4).
//
// Only who is known by the tunnel, ours or the one that the kernel has refused, is told anything: a packet outside a
// tunnel has a public source address, which may be any host's doing.
#include "gateway/denied.hpp"
#include "gateway/error.hpp"
#include "gateway/gateway.hpp"
#include "ip/packet.hpp"

namespace rsip::gateway {

namespace {

std::optional<TunnelType> tunnel_type(std::uint8_t protocol) {
  switch (protocol) {
    case ip::protocol_ip_ip:
      return TunnelType::ip_ip;
    case ip::protocol_gre:
      return TunnelType::gre;
    default:
      return std::nullopt;
  }
}

}  // namespace

void Gateway::denied(std::uint32_t ifindex, std::span<const std::uint8_t> packet, lease::Time now) {
  const TunnelDevice* tunnel = tunnels_.find(ifindex);
  const lease::Registration* registration = tunnel == nullptr ? nullptr : leases_.find(tunnel->host);
  const std::optional<ip::Packet> sent = ip::parse(packet);
  if (registration == nullptr || !sent) return;
  const std::optional<Denial> denial = why_denied(*registration, tunnel->type, *sent, now);
  if (denial) complain(registration->host, error(denial->code, registration->client, denial->bind), now);
}

void Gateway::tunnel_refused(std::span<const std::uint8_t> icmp_error, lease::Time now) {
  const std::optional<ip::Packet> answer = ip::parse(icmp_error);
  const std::optional<ip::Packet> outer = answer ? ip::quoted_in(*answer) : std::nullopt;
  const std::optional<TunnelType> type = outer ? tunnel_type(outer->protocol) : std::nullopt;
  if (!type) return;
  const Ipv4 host = outer->source;
  const lease::Registration* registration = leases_.find(host);
  if (registration == nullptr) {
    // Only where it has spoken to us before is it known how to speak to it.
    const std::optional<ClientId> former = sessions_.former(host);
    if (former) complain(host, error(wire::ErrorCode::register_first, *former), now);
    return;
  }
  if (tunnels_.find(host, *type) != nullptr) return;  // it has come up meanwhile
  const std::optional<ip::Packet> sent = ip::inside(*outer);
  const auto denial =
      sent ? why_denied(*registration, *type, *sent, now) : std::optional(Denial{wire::ErrorCode::bad_tunnel_type, {}});
  if (denial) complain(host, error(denial->code, registration->client, denial->bind), now);
}

void Gateway::complain(Ipv4 host, wire::ErrorResponse about, lease::Time now) {
  const Peer* to = sessions_.to_be_told(host, about.error, now);
  if (to == nullptr) return;
  notify({.kind = Event::Kind::denied,
          .at = now,
          .host = host,
          .client = about.client,
          .bind = about.bind,
          .error = about.error});
  tell(*to, std::move(about));
}

}  // namespace rsip::gateway
