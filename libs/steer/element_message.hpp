// SPDX-License-Identifier: GPL-2.0-or-later
// Internal to libs/steer: elements as the kernel tells them.
#pragma once

#include <optional>
#include <string_view>

#include "netlink/socket.hpp"
#include "steer/element.hpp"

namespace rsip::steer {

/// Which of the two families a message is about; nothing where it is another.
std::optional<Family> family_of(const netlink::Reply& message);

/// The elements in a NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM about one of our tables. Their timeout is what is left of
/// it. None where the set does not hold leases.
Elements read_elements(const netlink::Reply& message);

}  // namespace rsip::steer
