// SPDX-License-Identifier: GPL-2.0-or-later
// Rules as text, through libnftables: for the skeleton at start, not for leases.
#pragma once

#include <string_view>

#include "steer/nft.hpp"
#include "types/result.hpp"

namespace rsip::steer {

/// Loads nft text as one transaction in the caller's network namespace. The error carries nft's own words.
Result<void> load(std::string_view text);

/// Puts the skeleton in force, whatever was in our tables, in one transaction. Maps and sets that are as the text
/// declares them stay, with the elements of leases and the counters; where one is of another kind, all are made anew.
Result<void> renew(std::string_view skeleton);
/// The same, and the tables are `owner`'s then, who alone may change them; for some milliseconds meanwhile everybody
/// may. EOPNOTSUPP where they cannot have an owner, see Nft::own_tables(): nothing has been changed.
Result<void> renew(std::string_view skeleton, Nft& owner);

/// Whether the kernel would take the text; nothing is changed.
Result<void> check(std::string_view text);
/// The same for the skeleton, whoever owns our tables.
Result<void> check_skeleton(std::string_view skeleton);

}  // namespace rsip::steer
