// SPDX-License-Identifier: GPL-2.0-or-later
#include "xfrm/database.hpp"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

#include <cerrno>

namespace rsip::xfrm {
namespace {

void put_id(netlink::Message& message, const Association& association) {
  auto& id = message.header<xfrm_usersa_id>();
  id.daddr.a4 = htonl(association.destination.value);
  id.spi = htonl(number(association.spi));
  id.family = AF_INET;
  id.proto = static_cast<std::uint8_t>(association.protocol);
}

}  // namespace

Result<std::optional<Database>> Database::open() {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_XFRM);
  if (!socket && socket.error().code == EPROTONOSUPPORT) return std::nullopt;
  if (!socket) return tl::unexpected(socket.error());
  return std::optional(Database(std::move(*socket)));
}

Result<bool> Database::has(const Association& association) {
  netlink::Message request(XFRM_MSG_GETSA, 0);
  put_id(request, association);
  const Result<void> found = socket_.request(request, "look up a security association");
  if (found) return true;
  if (found.error().code == ESRCH) return false;
  return tl::unexpected(found.error());
}

}  // namespace rsip::xfrm
