// SPDX-License-Identifier: GPL-2.0-or-later
#include "events/log_format.hpp"

#include <doctest/doctest.h>
#include <spdlog/details/log_msg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace log_format_test {

using namespace rsip;

TEST_CASE("log: the journal is known by its stream, which standard error may not be any more") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  struct stat status {};
  REQUIRE(::fstat(ends[1], &status) == 0);
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  CHECK(is_journal(ends[1], stream.c_str()));
  CHECK_FALSE(is_journal(ends[1], nullptr));
  CHECK_FALSE(is_journal(ends[1], ""));
  CHECK_FALSE(is_journal(ends[1], (stream + "1").c_str()));
  CHECK_FALSE(is_journal(STDIN_FILENO, stream.c_str()));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("log: the journal gets a priority and no time") {
  const auto formatted = [](bool for_journal, spdlog::level::level_enum level) {
    const std::unique_ptr<spdlog::formatter> formatter = log_formatter(for_journal);
    spdlog::memory_buf_t buffer;
    formatter->format(spdlog::details::log_msg(spdlog::string_view_t("rsipd"), level, spdlog::string_view_t("text")),
                      buffer);
    return std::string(buffer.data(), buffer.size());
  };
  CHECK(formatted(true, spdlog::level::debug) == "<7>text\n");
  CHECK(formatted(true, spdlog::level::info) == "<6>text\n");
  CHECK(formatted(true, spdlog::level::warn) == "<4>text\n");
  CHECK(formatted(true, spdlog::level::err) == "<3>text\n");
  CHECK(formatted(false, spdlog::level::info).ends_with(" info text\n"));
}

}  // namespace log_format_test
