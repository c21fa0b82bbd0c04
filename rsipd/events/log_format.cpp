// SPDX-License-Identifier: GPL-2.0-or-later
#include "events/log_format.hpp"

#include <spdlog/pattern_formatter.h>
#include <sys/stat.h>
#include <syslog.h>

#include <string>

namespace rsip {

namespace {

/// "<6>"
class Priority : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& into) override {
    const char text[] = {'<', static_cast<char>('0' + priority_of(message.level)), '>'};
    into.append(text, text + sizeof(text));
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Priority>(); }

 private:
  static int priority_of(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::critical:
        return LOG_CRIT;
      case spdlog::level::err:
        return LOG_ERR;
      case spdlog::level::warn:
        return LOG_WARNING;
      case spdlog::level::info:
        return LOG_INFO;
      default:
        return LOG_DEBUG;
    }
  }
};

}  // namespace

bool is_journal(int fd, const char* journal_stream) {
  struct stat status {};
  if (journal_stream == nullptr || ::fstat(fd, &status) != 0) return false;
  return journal_stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

std::unique_ptr<spdlog::formatter> log_formatter(bool for_journal) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<Priority>('*');
  formatter->set_pattern(for_journal ? "%*%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  return formatter;
}

}  // namespace rsip
