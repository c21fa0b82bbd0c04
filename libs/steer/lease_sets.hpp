// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

#include "steer/element.hpp"

namespace rsip::steer {

/// A map or set of nft-rules/rsip.nft.
struct SetName {
  Family family = Family::ip;
  const char* name = "";
};

/// Those that hold leases. The others are filled by the rules themselves from what hosts send, or at start.
std::span<const SetName> lease_sets();

/// The name of such a set, as a literal; null where there is none such.
const char* lease_set(Family family, std::string_view name);

/// Whether the rules themselves fill this set, so that what is in it comes and goes.
bool is_learned_set(std::string_view name);

}  // namespace rsip::steer
