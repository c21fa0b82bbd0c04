// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/journal_file.hpp"

#include <fmt/chrono.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>

namespace rsip {

namespace {

/// The log of what is not in the file yet goes with it: beside a new file it would be taken for that one's.
Result<std::string> move_aside(const std::string& path) {
  const std::string aside = fmt::format("{}.damaged-{:%Y%m%dT%H%M%SZ}", path, fmt::gmtime(std::time(nullptr)));
  for (const char* part : {"", "-wal"}) {
    if (std::rename((path + part).c_str(), (aside + part).c_str()) == 0 || errno == ENOENT) continue;
    return failure(errno, "move " + path + part + " aside", "make its directory writable for the user of rsipd");
  }
  return aside;
}

Result<JournalFile> read(const std::string& path, const lease::Config& config) {
  Result<store::Journal> journal = store::Journal::open(path, store::system_clocks());
  if (!journal) return tl::unexpected(journal.error());
  const Result<bool> unused = journal->is_unused();
  if (!unused) return tl::unexpected(unused.error());
  if (*unused) return JournalFile{std::move(*journal), std::nullopt};
  Result<store::Saved> saved = journal->load(config.hold, config.max_lease);
  if (!saved) return tl::unexpected(saved.error());
  return JournalFile{std::move(*journal), std::move(*saved)};
}

}  // namespace

Result<JournalFile> open_journal(const std::string& directory, const lease::Config& config) {
  std::error_code code;
  // Who had what is the operator's business alone.
  if (std::filesystem::create_directories(directory, code)) {
    std::filesystem::permissions(directory, std::filesystem::perms{0750}, code);
  }
  if (code) {
    return failure(code.value(), "make directory " + directory,
                   "make it, and give it to the user of rsipd; or choose another with --state-dir");
  }
  const std::string path = directory + "/journal.db";
  Result<JournalFile> file = read(path, config);
  if (file || file.error().code != EUCLEAN) return file;
  const Result<std::string> aside = move_aside(path);
  if (!aside) return tl::unexpected(aside.error());
  spdlog::error("event=journal-damaged cause=\"{}\" moved_to={}", file.error().text(), *aside);
  return read(path, config);
}

}  // namespace rsip
