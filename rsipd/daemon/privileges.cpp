// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/privileges.hpp"

#include <linux/capability.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "confine/account.hpp"
#include "confine/capabilities.hpp"
#include "confine/syscalls.hpp"

namespace rsip {

namespace {

constexpr const char* usual_user = "rsipd";

/// nftables, the queue and the log group, tunnels, routes, IPsec's SAs and SO_RCVBUFFORCE take CAP_NET_ADMIN, and so
/// does what the kernel loads by itself for these. SO_BINDTODEVICE takes nothing for a socket that is not bound yet
/// (Linux 5.7). A packet socket or CAP_NET_RAW is not needed.
constexpr std::array serving{CAP_NET_ADMIN};

/// --listen may name a port below 1024, --control-group a group that the user is not in.
constexpr std::array starting{CAP_NET_ADMIN, CAP_NET_BIND_SERVICE, CAP_CHOWN};

tl::unexpected<Problem> problem(ExitCode code, std::string text) {
  return tl::unexpected(Problem{code, std::move(text)});
}

tl::expected<void, Problem> as_problem(const Result<void>& done) {
  if (done) return {};
  return problem(exit_kernel, done.error().text());
}

}  // namespace

tl::expected<void, Problem> become_user(const Options& options) {
  if (::geteuid() != 0) {
    if (!options.user.empty())
      return problem(exit_usage, "--user: only root can become another user; start it as root");
    return as_problem(confine::keep_only(starting));
  }
  const std::string name = options.user.empty() ? usual_user : options.user;
  const Result<std::optional<confine::Account>> found = confine::find_account(name);
  if (!found) return problem(exit_failure, found.error().text());
  if (!*found && !options.user.empty()) return problem(exit_usage, "--user: there is no user " + name);
  if (!*found) {
    spdlog::warn("there is no user {0}, so this stays root, with few capabilities; useradd --system {0}", name);
    return as_problem(confine::keep_only(starting));
  }
  const std::string control_directory = std::filesystem::path(options.control).parent_path();
  if (const Result<void> made = confine::provide_directory(control_directory, 0755, **found); !made) {
    return problem(exit_failure, made.error().text());
  }
  if (const Result<void> made = confine::provide_directory(options.state_dir, 0750, **found); !made) {
    return problem(exit_failure, made.error().text());
  }
  if ((*found)->user == 0) return as_problem(confine::keep_only(starting));
  return as_problem(confine::become(**found, starting));
}

tl::expected<void, Problem> confine_service(const Options& options) {
  if (const Result<void> done = confine::keep_only(serving); !done) return as_problem(done);
  return options.seccomp ? as_problem(confine::restrict_syscalls()) : tl::expected<void, Problem>();
}

}  // namespace rsip
