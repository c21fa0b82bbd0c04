// SPDX-License-Identifier: GPL-2.0-or-later
// Which error a packet earns that policing has dropped (RFC 3103 section 10.4).
#pragma once

#include <optional>

#include "ip/packet.hpp"
#include "lease/binding.hpp"
#include "wire/error.hpp"

namespace rsip::gateway {

struct Denial {
  wire::ErrorCode code{};
  std::optional<BindId> bind;  ///< the binding that would cover the packet, were it not for this
};

/// What is wrong with a packet that the host sent through a tunnel of this type:
///
///   LOCAL_ADDR_UNALLOWED        it has not leased the source address
///   LOCAL_ADDRPORT_UNALLOWED    nor, of this address, the port, the protocol, or the IKE cookie
///   REMOTE_ADDR_UNALLOWED       it has leased them for other remotes (section 7.2)
///   REMOTE_ADDRPORT_UNALLOWED   it has leased them for other ports of this remote
///   BAD_TUNNEL_TYPE             it has leased them for its tunnel of another type
///
/// Nothing where its leases cover the packet: it was faster than its lease. Looks at the host's own bindings only.
std::optional<Denial> why_denied(const lease::Registration& registration, TunnelType through, const ip::Packet& packet,
                                 lease::Time now);

}  // namespace rsip::gateway
