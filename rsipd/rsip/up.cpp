// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <iostream>

#include "rsip/commands.hpp"
#include "rsip/instance.hpp"

namespace rsip::program {
namespace {

void start_log(const Options& options) {
  const auto logger = options.up.foreground ? spdlog::stderr_logger_mt("rsip")
                                            : spdlog::syslog_logger_mt("rsip", "rsip", LOG_PID, LOG_DAEMON);
  logger->set_level(options.log_level);
  if (options.up.foreground) logger->set_pattern("%Y-%m-%d %H:%M:%S rsip: %l: %v");
  spdlog::set_default_logger(logger);
}

int run(const Options& options, Report report) {
  // Whoever waited for the report may be gone when it is written.
  (void)std::signal(SIGPIPE, SIG_IGN);
  start_log(options);
  return Instance(options, std::move(report)).run();
}

}  // namespace

int up(const Options& options) {
  if (options.up.foreground) return run(options, Report());
  int pipe[2] = {-1, -1};
  pid_t child = -1;
  if (::pipe2(pipe, O_CLOEXEC) != 0 || (child = ::fork()) < 0) {
    std::cerr << "rsip: go to the background: " << std::strerror(errno) << '\n';
    return exit_system;
  }
  if (child == 0) {
    (void)::close(pipe[0]);
    return run(options, Report(pipe[1]));
  }
  (void)::close(pipe[1]);
  return relay(pipe[0]);
}

}  // namespace rsip::program
