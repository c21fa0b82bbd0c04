// SPDX-License-Identifier: GPL-2.0-or-later
#include "xfrm/database.hpp"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

#include <cerrno>

#include "xfrm/message.hpp"

namespace rsip::xfrm {
namespace {

void put_id(netlink::Message& message, const SaId& id) {
  auto& wire = message.header<xfrm_usersa_id>();
  wire.daddr.a4 = htonl(id.destination.value);
  wire.spi = htonl(number(id.spi));
  wire.family = AF_INET;
  wire.proto = static_cast<std::uint8_t>(id.protocol);
}

/// The kernel finds no association that has a mark without it.
void put_mark(netlink::Message& message, const Mark& mark) {
  if (mark == Mark{}) return;
  const xfrm_mark wire{mark.value, mark.mask};
  message.put_bytes(XFRMA_MARK, {static_cast<const std::uint8_t*>(static_cast<const void*>(&wire)), sizeof(wire)});
}

}  // namespace

Result<std::optional<Database>> Database::open() {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_XFRM);
  if (!socket && socket.error().code == EPROTONOSUPPORT) return std::nullopt;
  if (!socket) return tl::unexpected(socket.error());
  return std::optional(Database(std::move(*socket)));
}

Result<bool> Database::has(const SaId& id) {
  netlink::Message request(XFRM_MSG_GETSA, 0);
  put_id(request, id);
  const Result<void> found = socket_.request(request, "look up a security association");
  if (found) return true;
  if (found.error().code == ESRCH) return false;
  return tl::unexpected(found.error());
}

Result<std::vector<Association>> Database::all() {
  netlink::Message request(XFRM_MSG_GETSA, NLM_F_DUMP);
  std::vector<Association> associations;
  const Result<void> done =
      socket_.request(request, "list security associations", [&associations](const netlink::Reply& reply) {
        const auto* info = reply.header<xfrm_usersa_info>();
        if (reply.type != XFRM_MSG_NEWSA || info == nullptr) return;
        if (const auto association = read_association(reply, *info, sizeof(*info)))
          associations.push_back(*association);
      });
  if (!done) return tl::unexpected(done.error());
  return associations;
}

Result<void> Database::expire(const Association& association) {
  netlink::Message request(XFRM_MSG_EXPIRE, 0);
  auto& wire = request.header<xfrm_user_expire>();
  wire.state.id.daddr.a4 = htonl(association.id.destination.value);
  wire.state.id.spi = htonl(number(association.id.spi));
  wire.state.id.proto = static_cast<std::uint8_t>(association.id.protocol);
  wire.state.family = AF_INET;
  wire.hard = 1;
  put_mark(request, association.mark);
  Result<void> done = socket_.request(request, "expire a security association");
  if (!done && done.error().code == EINVAL) done = remove(association);  // its SPI was merely reserved
  if (!done && (done.error().code == ESRCH || done.error().code == ENOENT)) return {};
  return done;
}

Result<void> Database::remove(const Association& association) {
  netlink::Message request(XFRM_MSG_DELSA, 0);
  put_id(request, association.id);
  put_mark(request, association.mark);
  return socket_.request(request, "delete a security association");
}

}  // namespace rsip::xfrm
