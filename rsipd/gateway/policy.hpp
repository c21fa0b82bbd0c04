// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "types/ids.hpp"
#include "types/ipv4.hpp"
#include "wire/parameter.hpp"

namespace rsip::gateway {

/// What applies to the hosts of a prefix.
template <typename Value>
struct For {
  Prefix hosts;
  Value value{};
};

/// Which hosts are served, and with what. A host is its source address (RFC 3103 section 11).
struct Policy {
  std::vector<Prefix> allow;         ///< empty: every host on a private interface
  std::vector<Prefix> deny;          ///< stronger than allow
  std::vector<Prefix> ipsec_allow;   ///< empty: every host that may register
  std::vector<Prefix> listen_allow;  ///< empty: every host that may register

  std::vector<TunnelType> tunnels{TunnelType::ip_ip};  ///< the types offered, at least one; the first is the default

  /// RFC 3103 section 7. The longest prefix that a host is in counts; local macro and remote none where there is none.
  std::vector<For<wire::LocalPolicy>> local;
  std::vector<For<wire::RemotePolicy>> remote;
  /// Remotes that hosts under a remote policy may name.
  std::vector<Prefix> remote_allow;  ///< empty: all
  std::vector<Prefix> remote_deny;   ///< stronger than remote_allow

  bool may_register(Ipv4 host) const;
  bool may_use_ipsec(Ipv4 host) const;
  bool may_listen(Ipv4 host) const;
  bool may_reach(Ipv4 remote) const;
  bool offers(TunnelType tunnel) const;
  wire::FlowPolicy flow_policy(Ipv4 host) const;
};

}  // namespace rsip::gateway
