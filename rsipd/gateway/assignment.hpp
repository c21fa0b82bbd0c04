// SPDX-License-Identifier: GPL-2.0-or-later
// Between what an ASSIGN message says and what the lease table grants.
#pragma once

#include <optional>
#include <tl/expected.hpp>
#include <vector>

#include "lease/lease_table.hpp"
#include "wire/message.hpp"

namespace rsip::gateway {

/// The local address of a request: nothing for 'don't care' (the zero address of RFC 3103 section 9.8.3 too).
/// LOCAL_ADDR_UNALLOWED for IPv6, of which the pool has none; BAD_PARAM for a netmask or a name (section 8.1).
tl::expected<std::optional<Ipv4>, wire::ErrorCode> local_address(const wire::Address& address);

/// What a request asks for, of the kinds of bindings.
inline lease::Kind kind_of(const wire::AssignRequestRsaIp& /*request*/) {
  return lease::Kind::rsa_ip;
}
inline lease::Kind kind_of(const wire::AssignRequestRsapIp& /*request*/) {
  return lease::Kind::rsap_ip;
}
inline lease::Kind kind_of(const wire::AssignRequestRsipsec& /*request*/) {
  return lease::Kind::rsipsec;
}
/// Port 500 alone is asked for to listen for IKE; it stays shared (RFC 3104 appendix G).
lease::Kind kind_of(const wire::ListenRequest& request);

lease::Wanted<Port> wanted_ports(const wire::Ports& ports);
lease::Wanted<Spi> wanted_spis(const wire::Spis& spis);

/// The parameter that says what was granted: a run where it is one, else a list; NoPorts for none.
wire::Ports granted_ports(const lease::Binding& binding);
/// At least one SPI.
wire::Spis granted_spis(const std::vector<Run<Spi>>& spis);

}  // namespace rsip::gateway
