// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace rsip::test {

/// From now on each write, sync and truncation of SQLite is a step before it and one after it; a write at which the
/// process stops is done by half.
void make_files_faulty();

}  // namespace rsip::test
