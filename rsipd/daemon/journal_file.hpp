// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "store/journal.hpp"

namespace rsip {

struct JournalFile {
  store::Journal journal;
  bool is_new = false;  ///< it says nothing about leases of an earlier run
};

/// The journal in this directory. A file that is damaged, or of a version that this program does not know, is moved
/// aside, and there is a new one. Errors say what to do.
Result<JournalFile> open_journal(const std::string& directory);

}  // namespace rsip
