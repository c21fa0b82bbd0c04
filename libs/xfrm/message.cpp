// SPDX-License-Identifier: GPL-2.0-or-later
#include "xfrm/message.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstring>

namespace rsip::xfrm {

std::optional<SaId> read_id(const xfrm_address_t& destination, __be32 spi, std::uint16_t family,
                            std::uint8_t protocol) {
  const Protocol known{protocol};
  if (family != AF_INET || (known != Protocol::esp && known != Protocol::ah)) return std::nullopt;
  return SaId{Ipv4{ntohl(destination.a4)}, Spi{ntohl(spi)}, known};
}

std::optional<Association> read_association(const netlink::Reply& message, const xfrm_usersa_info& info,
                                            std::size_t header_size) {
  const std::optional<SaId> id = read_id(info.id.daddr, info.id.spi, info.family, info.id.proto);
  if (!id) return std::nullopt;
  Association association{*id, Ipv4{ntohl(info.saddr.a4)}};
  const std::optional<netlink::Bytes> bytes = message.attributes(header_size).find(XFRMA_MARK);
  if (bytes && bytes->size() == sizeof(xfrm_mark)) {
    xfrm_mark mark{};
    std::memcpy(&mark, bytes->data(), sizeof(mark));
    association.mark = {mark.v, mark.m};
  }
  return association;
}

}  // namespace rsip::xfrm
