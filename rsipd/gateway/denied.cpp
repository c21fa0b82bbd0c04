// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/denied.hpp"

#include <algorithm>

namespace rsip::gateway {

namespace {

using lease::Binding;
using wire::ErrorCode;

/// How close a binding comes to covering a packet. Each takes all before it.
enum class Reach : std::uint8_t {
  none,
  local_address,   ///< the source address is right
  local,           ///< so is all else that is ours: port, or the permission for this protocol
  remote_address,  ///< the remote is one of the binding's
  remote,          ///< so is its port, where that counts
  all,             ///< it came through the binding's tunnel
};

/// How a binding lets a host send a packet, if it goes to the right remote.
enum class Right : std::uint8_t {
  none,
  to_addresses,  ///< the remote's port is of no account
  to_flows,
};

bool is_ike(const ip::Packet& packet, const std::optional<ip::Ports>& ports) {
  constexpr Port ike{500};
  constexpr Port ike_nat{4500};
  return packet.protocol == ip::protocol_udp && ports && (ports->source == ike || ports->source == ike_nat);
}

Right right_of(const Binding& binding, const ip::Packet& packet, const std::optional<ip::Ports>& ports) {
  if (!binding.shares_address()) return Right::to_flows;
  const auto has_source = [&ports](const Run<Port>& run) { return run.contains(ports->source); };
  if (ports && std::ranges::any_of(binding.ports, has_source)) return Right::to_flows;
  const bool ipsec = packet.protocol == ip::protocol_esp || packet.protocol == ip::protocol_ah || is_ike(packet, ports);
  if (ipsec && binding.kind == lease::Kind::rsipsec) return Right::to_addresses;
  return ip::is_echo_request(packet) ? Right::to_addresses : Right::none;
}

Reach reach_of(const Binding& binding, TunnelType through, const ip::Packet& packet) {
  if (binding.address != packet.source) return Reach::none;
  const std::optional<ip::Ports> ports = ip::ports_of(packet);
  const Right right = right_of(binding, packet, ports);
  if (right == Right::none) return Reach::local_address;

  const auto to_address = [&](const Remote& remote) { return remote.address == packet.destination; };
  const auto to_port = [&](const Remote& remote) {
    const bool any_port = !remote.port || right == Right::to_addresses;
    return to_address(remote) && (any_port || (ports && ports->destination == *remote.port));
  };
  if (!binding.remotes.empty()) {
    if (std::ranges::none_of(binding.remotes, to_address)) return Reach::local;
    if (std::ranges::none_of(binding.remotes, to_port)) return Reach::remote_address;
  }
  return binding.tunnel == through ? Reach::all : Reach::remote;
}

}  // namespace

std::optional<Denial> why_denied(const lease::Registration& registration, TunnelType through, const ip::Packet& packet,
                                 lease::Time now) {
  Reach reach = Reach::none;
  BindId bind{};
  for (const auto& [id, binding] : registration.bindings) {
    if (binding.expires <= now) continue;
    const Reach its_reach = reach_of(binding, through, packet);
    if (its_reach <= reach) continue;
    reach = its_reach;
    bind = id;
  }
  switch (reach) {
    case Reach::none:
      return Denial{ErrorCode::local_addr_unallowed, {}};
    case Reach::local_address:
      return Denial{ErrorCode::local_addrport_unallowed, {}};
    case Reach::local:
      return Denial{ErrorCode::remote_addr_unallowed, bind};
    case Reach::remote_address:
      return Denial{ErrorCode::remote_addrport_unallowed, bind};
    case Reach::remote:
      return Denial{ErrorCode::bad_tunnel_type, bind};
    case Reach::all:
      break;
  }
  // Its port is right, but its cookie is another's (RFC 3104 section 6.1).
  if (is_ike(packet, ip::ports_of(packet))) return Denial{ErrorCode::local_addrport_unallowed, bind};
  return std::nullopt;
}

}  // namespace rsip::gateway
