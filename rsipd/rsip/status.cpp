// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iostream>

#include "rsip/commands.hpp"
#include "rsip/exit.hpp"
#include "rsip/lock.hpp"
#include "rsip/state.hpp"

namespace rsip::program {
namespace {

std::int64_t left_of(const Lease& lease) {
  return std::max<std::int64_t>(0, lease.ends - unix_time());
}

bool is_followed(const State& state, BindId bind) {
  return state.followed && std::ranges::find(state.followed->binds, bind) != state.followed->binds.end();
}

/// A line for each lease but the first, "  binding 4, listen: 198.51.100.1, ports 80, lease 3600 s".
std::string further_text(const State& state) {
  std::string text;
  for (const Lease& lease : state.further) {
    text += "\n  binding " + std::to_string(number(lease.grant.bind)) + ", " + std::string(name(lease.grant.kind)) +
            (is_followed(state, lease.grant.bind) ? ", followed" : "") + ": " + describe(lease.grant, left_of(lease));
  }
  return text;
}

std::string text_of(const Options& options, bool running, const std::optional<State>& state) {
  if (running && state && state->lease) {
    return options.device + ": up, " + describe(*state, left_of(*state->lease)) + ", pid " +
           std::to_string(state->pid) + further_text(*state);
  }
  if (running) return options.device + (state ? ": starting" : ": ending");
  if (!state) return options.device + ": not running";
  const std::string option = options.device == "rsip0" ? "" : " --device " + options.device;
  return options.device + ": not running (stale state of pid " + std::to_string(state->pid) + "; run 'rsip down" +
         option + "')";
}

}  // namespace

int status(const Options& options) {
  const Result<std::optional<pid_t>> holder = lock_holder(options.runtime_dir, options.device);
  if (!holder) return fail(holder.error());
  const Result<std::optional<State>> state = read_state(options.runtime_dir, options.device);
  if (!state) return fail(state.error());
  const bool running = holder->has_value();
  if (options.json) {
    nlohmann::json object = *state ? to_json(**state) : nlohmann::json{{"device", options.device}};
    object["running"] = running;
    std::cout << object.dump() << '\n';
  } else {
    std::cout << text_of(options, running, *state) << '\n';
  }
  return running ? exit_ok : exit_refused;
}

}  // namespace rsip::program
