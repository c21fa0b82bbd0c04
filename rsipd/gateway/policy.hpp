// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "types/ipv4.hpp"

namespace rsip::gateway {

/// Which hosts are served. A host is its source address (RFC 3103 section 11).
struct Policy {
  std::vector<Prefix> allow;        ///< empty: every host on a private interface
  std::vector<Prefix> deny;         ///< stronger than allow
  std::vector<Prefix> ipsec_allow;  ///< empty: every host that may register

  bool may_register(Ipv4 host) const;
  bool may_use_ipsec(Ipv4 host) const;
};

}  // namespace rsip::gateway
