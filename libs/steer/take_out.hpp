// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "steer/nft.hpp"
#include "types/result.hpp"

namespace rsip::steer {

/// Removes all that is ours from the caller's network namespace: tunnel devices, announcements, rules. Nothing that is
/// not there is an error. The tunnels go first: without the rules, nothing would police what comes out of them.
/// `nft`: the owner of the tables, where they have one.
Result<void> take_out(Nft& nft);

}  // namespace rsip::steer
