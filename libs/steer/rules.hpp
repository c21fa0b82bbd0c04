// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace rsip::steer {

/// The text of nft-rules/rsip.nft as it was at build time, its variables not yet given.
extern const std::string_view rules;

}  // namespace rsip::steer
