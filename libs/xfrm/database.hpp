// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's security association database (RFC 4301 section 4.4.2), of the network namespace that we are in.
#pragma once

#include <optional>

#include "netlink/socket.hpp"
#include "xfrm/association.hpp"

namespace rsip::xfrm {

class Database {
 public:
  /// Nothing where the kernel has no IPsec that could be asked.
  static Result<std::optional<Database>> open();

  /// Whether there is such an association, also one whose SPI an IKE daemon has reserved and not used yet. One exchange
  /// with the kernel, which looks it up by hash.
  Result<bool> has(const Association& association);

 private:
  explicit Database(netlink::Socket socket) : socket_(std::move(socket)) {}

  netlink::Socket socket_;
};

}  // namespace rsip::xfrm
