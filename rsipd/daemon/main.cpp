// SPDX-License-Identifier: GPL-2.0-or-later
#include <sodium.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "daemon/exit_code.hpp"
#include "daemon/options.hpp"
#include "daemon/privileges.hpp"
#include "daemon/service.hpp"
#include "daemon/startup.hpp"
#include "events/limited_sink.hpp"
#include "events/log_format.hpp"

namespace {

using namespace rsip;

void set_up_log(const std::string& level) {
  auto sink = std::make_shared<LimitedSink>(std::make_shared<spdlog::sinks::stderr_sink_st>());
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("rsipd", std::move(sink)));
  spdlog::set_formatter(log_formatter(is_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM"))));
  spdlog::set_level(spdlog::level::from_str(level));
}

/// Every TCP connection needs a descriptor; the server's own limits are the ones that count.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/// Prints what is wrong; the exit code is that of the gravest, and usage before kernel before network.
int report(const Setup& setup) {
  for (const std::string& warning : setup.warnings) std::cerr << "rsipd: warning: " << warning << '\n';
  int code = exit_ok;
  for (const Problem& problem : setup.problems) {
    std::cerr << "rsipd: " << problem.text << '\n';
    code = code == exit_ok ? problem.code : std::min<int>(code, problem.code);
  }
  return code;
}

int check(const Setup& setup) {
  const int code = report(setup);
  if (code == exit_ok) std::cout << steer::skeleton_text(setup.skeleton);
  return code;
}

int fail(const Problem& problem) {
  std::cerr << "rsipd: " << problem.text << '\n';
  return problem.code;
}

int serve(const Options& options, const Setup& setup) {
  if (const int code = report(setup); code != exit_ok) return code;
  raise_descriptor_limit();
  if (const auto done = become_user(options); !done) return fail(done.error());
  const auto service = Service::start(options, setup);
  if (!service) return fail(service.error());
  if (const auto done = confine_service(options); !done) return fail(done.error());
  if (const Result<void> done = (*service)->run(); !done) return fail({exit_failure, done.error().text()});
  return exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
  const CommandLine command_line = parse_command_line(argc, argv);
  if (!command_line.options) return command_line.exit_code;
  Options options = *command_line.options;
  if (sodium_init() < 0) {
    std::cerr << "rsipd: no source of randomness\n";
    return exit_failure;
  }
  set_up_log(options.log_level);
  const Setup setup = examine(options);
  options.lease.pool = setup.skeleton.pool;
  return options.check ? check(setup) : serve(options, setup);
}
