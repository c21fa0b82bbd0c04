// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's security association database (RFC 4301 section 4.4.2), of the network namespace that we are in.
#pragma once

#include <optional>
#include <vector>

#include "netlink/socket.hpp"
#include "xfrm/association.hpp"

namespace rsip::xfrm {

class Database {
 public:
  /// Nothing where the kernel has no IPsec that could be asked.
  static Result<std::optional<Database>> open();

  /// Whether there is such an association, also one whose SPI an IKE daemon has reserved and not used yet. One exchange
  /// with the kernel, which looks it up by hash. Those that are for packets with a mark only are not found.
  Result<bool> has(const SaId& id);

  /// All for IPv4, those whose SPI is merely reserved included.
  Result<std::vector<Association>> all();

  /// Ends it as if its lifetime were over, so that its IKE daemon hears of it. What is not there any more is no error.
  Result<void> expire(const Association& association);

 private:
  explicit Database(netlink::Socket socket) : socket_(std::move(socket)) {}

  Result<void> remove(const Association& association);

  netlink::Socket socket_;
};

}  // namespace rsip::xfrm
