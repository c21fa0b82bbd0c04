// SPDX-License-Identifier: GPL-2.0-or-later
// What is in the kernel's messages about security associations.
#pragma once

#include <linux/xfrm.h>

#include <optional>

#include "netlink/socket.hpp"
#include "xfrm/association.hpp"

namespace rsip::xfrm {

/// Nothing where it is neither ESP nor AH, or not IPv4.
std::optional<SaId> read_id(const xfrm_address_t& destination, __be32 spi, std::uint16_t family, std::uint8_t protocol);

/// The association that a message describes: `info` is part of its family header, which has `header_size` bytes.
/// Nothing where it is none of ours.
std::optional<Association> read_association(const netlink::Reply& message, const xfrm_usersa_info& info,
                                            std::size_t header_size);

}  // namespace rsip::xfrm
