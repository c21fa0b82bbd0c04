// SPDX-License-Identifier: GPL-2.0-or-later
// Rules as text, through libnftables: for the skeleton at start, not for leases.
#pragma once

#include <string_view>

#include "types/result.hpp"

namespace rsip::steer {

/// Loads nft text as one transaction in the caller's network namespace. The error carries nft's own words.
Result<void> load(std::string_view text);

/// Puts the skeleton in force, whatever was in our tables. Where they have just the chains, maps and sets that the
/// text declares, these stay, with the elements of leases and the counters: only the rules are replaced. Else both
/// tables are. One transaction either way. True where the elements are still there.
Result<bool> renew(std::string_view skeleton);

/// Whether the kernel would take the text; nothing is changed.
Result<void> check(std::string_view text);

/// Deletes both tables with all that is in them. No error where there are none.
Result<void> unload();

}  // namespace rsip::steer
