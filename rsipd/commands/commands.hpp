// SPDX-License-Identifier: GPL-2.0-or-later
// What an operator may ask rsipd for, over its control socket: a request is one line of JSON,
//
//   {"command": "bindings", "host": "10.0.0.11"}
//
// and its answer any number of lines of JSON, an item each, and a last one that is {"done": true} or {"error": "..."}.
// rsipctl(8) lists all requests and what their items look like. Each has a file of its own here.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands/kernel_view.hpp"
#include "commands/watchers.hpp"
#include "control/answer.hpp"
#include "gateway/gateway.hpp"

namespace rsip::commands {

/// What the commands work on. All of it outlives every answer.
struct Context {
  gateway::Gateway& gateway;
  KernelView& kernel;
  Watchers& watchers;
  std::function<lease::Time()> now;
  std::function<nlohmann::json()> about;  ///< the daemon itself, for `status`
  std::function<std::vector<prometheus::MetricFamily>()> metrics;
  nlohmann::json interfaces = nlohmann::json::object();  ///< and tunnels, as the daemon was told, for `settings`
  store::Journal* journal = nullptr;                     ///< nothing: `who` knows nobody
  /// What has been done is in the journal when this returns, or has not been done.
  std::function<Result<void>()> keep = [] { return Result<void>(); };
};

/// Does what the line asks for; the answer may take longer than the call.
void obey(const Context& context, const std::string& line, const control::AnswerPtr& answer);

}  // namespace rsip::commands
