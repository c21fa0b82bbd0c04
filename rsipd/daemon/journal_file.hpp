// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "lease/config.hpp"
#include "store/journal.hpp"

namespace rsip {

struct JournalFile {
  store::Journal journal;
  std::optional<store::Saved> saved;  ///< nothing where it has never been used
};

/// The journal in this directory, and what it has. A file that is damaged, or of a version that this program does not
/// know, is moved aside, and there is a new one. Errors say what to do.
Result<JournalFile> open_journal(const std::string& directory, const lease::Config& config);

}  // namespace rsip
