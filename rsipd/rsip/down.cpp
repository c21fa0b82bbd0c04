// SPDX-License-Identifier: GPL-2.0-or-later
#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

#include "rsip/commands.hpp"
#include "rsip/exit.hpp"
#include "rsip/leftovers.hpp"
#include "rsip/lock.hpp"

namespace rsip::program {
namespace {

// Longer than the 10 s that a TCP gateway gets to answer the DE-REGISTER_REQUEST.
constexpr std::chrono::seconds patience{15};
constexpr std::chrono::seconds quiet{2};
constexpr std::chrono::milliseconds interval{50};

/// Waits until the instance has let go of its lock, which it does when all is undone.
Result<void> wait_for_end(const Options& options, pid_t pid) {
  const auto start = std::chrono::steady_clock::now();
  bool told = false;
  while (std::chrono::steady_clock::now() - start < patience) {
    const Result<std::optional<pid_t>> holder = lock_holder(options.runtime_dir, options.device);
    if (!holder) return tl::unexpected(holder.error());
    if (!*holder || **holder != pid) return {};
    if (!told && std::chrono::steady_clock::now() - start > quiet) {
      std::cerr << "rsip: waiting for the gateway to take the lease back (pid " << pid << ")\n";
      told = true;
    }
    std::this_thread::sleep_for(interval);
  }
  return failure(EBUSY,
                 "rsip (pid " + std::to_string(pid) + ") has not ended in " + std::to_string(patience.count()) + " s",
                 "kill it, then 'rsip down' removes what it leaves");
}

Result<void> end_instance(const Options& options, pid_t pid) {
  if (pid == 0) {
    return failure(EBUSY, "device " + options.device + " is served by a process outside this PID namespace",
                   "run 'rsip down' there");
  }
  if (::kill(pid, SIGTERM) != 0 && errno != ESRCH) {
    return failure(errno, "signal rsip (pid " + std::to_string(pid) + ")", "run rsip as root");
  }
  return wait_for_end(options, pid);
}

/// What a killed instance left, or one that could not undo something.
Result<bool> remove_stale(const Options& options) {
  const Result<std::optional<State>> state = read_state(options.runtime_dir, options.device);
  if (!state) return tl::unexpected(state.error());
  if (!*state) return false;
  const Result<Lock> lock = Lock::acquire(options.runtime_dir, options.device);
  if (!lock) return tl::unexpected(lock.error());
  Result<host::Kernel> kernel = host::Kernel::open();
  if (!kernel) return tl::unexpected(kernel.error());
  if (const Result<void> removed = remove_leftovers(*kernel, options.runtime_dir, **state); !removed) {
    return tl::unexpected(removed.error());
  }
  return true;
}

}  // namespace

int down(const Options& options) {
  const Result<std::optional<pid_t>> holder = lock_holder(options.runtime_dir, options.device);
  if (!holder) return fail(holder.error());
  if (*holder) {
    if (const Result<void> ended = end_instance(options, **holder); !ended) return fail(ended.error());
  }
  const Result<bool> stale = remove_stale(options);
  if (!stale) return fail(stale.error());
  if (*stale) {
    std::cout << options.device << " is down; removed what an earlier rsip left behind\n";
  } else {
    std::cout << options.device << (*holder ? " is down\n" : " was not up\n");
  }
  return exit_ok;
}

}  // namespace rsip::program
