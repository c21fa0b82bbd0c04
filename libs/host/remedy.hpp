// SPDX-License-Identifier: GPL-2.0-or-later
// What a person can do about it: why a session ended, in one line with the RSIP error's name and a remedy.
#pragma once

#include <string>
#include <string_view>

#include "host/session.hpp"

namespace rsip::host {

/// What to do about an error of the gateway's. Never empty.
std::string_view remedy(wire::ErrorCode code);

/// An error that answers no request: what the gateway has dropped of this host's packets, and what to do about it (RFC
/// 3103 section 10.4). "the gateway reports REMOTE_ADDR_UNALLOWED (314), binding 3: dropped ...".
std::string explain_report(const wire::ErrorResponse& report);

/// Where a session's gateway is, for its messages.
struct Peer {
  Ipv4 gateway;
  std::uint16_t port = 4555;
  Protocol protocol = Protocol::tcp;
};

/// "10.0.0.1 refused ASSIGN_REQUEST_RSIPSEC: IPSEC_UNALLOWED; ask ...". `detail` is what the transport last complained
/// of, "connect 10.0.0.1:4555: Connection refused", or empty; it goes with a missing answer.
std::string explain(const EndReason& reason, const Peer& peer, const std::string& detail);

/// The same for a command: "10.0.0.1 refused LISTEN_REQUEST: LOCAL_ADDRPORT_INUSE (311); ...".
std::string explain_failure(const Failure& failure, const Peer& peer, const std::string& detail);

}  // namespace rsip::host
