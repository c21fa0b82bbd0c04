// SPDX-License-Identifier: GPL-2.0-or-later
// What a host must say about its flows, and what its binding is then restricted to (RFC 3103 section 7).
#pragma once

#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "gateway/policy.hpp"
#include "types/remote.hpp"
#include "wire/message.hpp"

namespace rsip::gateway {

/// The remote parameters of a request.
struct RemoteParameters {
  wire::Address address;
  wire::Ports ports;
};

/// The remotes that a host names. None under no remote policy, whatever it says. `resolved`: the addresses of the name,
/// where it gives one. `may_omit_port`: 'don't need' is detail enough under micro-flow policy (RFC 3104 section 6.2).
/// FLOW_POLICY_VIOLATION, REMOTE_ADDR_UNALLOWED, REMOTE_ADDRPORT_UNALLOWED, BAD_PARAM (RFC 3103 section 9.8.3).
tl::expected<std::vector<Remote>, wire::ErrorCode> remotes_of(const RemoteParameters& parameters,
                                                              wire::RemotePolicy remote, bool may_omit_port,
                                                              const Policy& policy, std::span<const Ipv4> resolved);

/// What the response says about the remote: what was requested, as far as the policy goes (RFC 3103 section 9.9.3).
RemoteParameters granted_remote(const RemoteParameters& requested, wire::RemotePolicy remote);

/// Under local micro-flow policy a host gets exactly one port at a time (RFC 3103 sections 7.1, 8.2).
/// FLOW_POLICY_VIOLATION.
tl::expected<void, wire::ErrorCode> check_local_ports(const wire::Ports& ports, wire::LocalPolicy local);

}  // namespace rsip::gateway
