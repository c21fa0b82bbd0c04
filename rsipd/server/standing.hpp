// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "types/ipv4.hpp"

namespace rsip::server {

/// What the servers ask about a host.
struct Standing {
  std::function<bool(Ipv4 host)> may_register;
  std::function<bool(Ipv4 host)> is_registered;

  /// Under which address a host's requests and connections are counted. All hosts that may not register are counted
  /// as one, so that they cost the others no more than one host does, however many they are.
  Ipv4 account(Ipv4 host) const { return may_register(host) ? host : Ipv4{}; }
};

}  // namespace rsip::server
