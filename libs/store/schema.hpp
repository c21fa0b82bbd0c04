// SPDX-License-Identifier: GPL-2.0-or-later
// Internal to libs/store: the journal's tables.
#pragma once

#include "store/database.hpp"

namespace rsip::store {

/// Makes the tables in a new file, and brings those of an earlier version up to this one. EUCLEAN: the file is damaged,
/// or another program's, or a later version's.
Result<void> set_up(Database& database);

}  // namespace rsip::store
