// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace rsip {

/// Whether what is written to `fd` goes to the journal. `journal_stream`: the value of JOURNAL_STREAM
/// (systemd.exec(5)), null where there is none.
bool is_journal(int fd, const char* journal_stream);

/// Lines for a terminal or a file, with time and level; or for the journal, which has a time of its own and takes the
/// level as a number in front (sd-daemon(3)).
std::unique_ptr<spdlog::formatter> log_formatter(bool for_journal);

}  // namespace rsip
