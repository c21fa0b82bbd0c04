// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "drain", "on": true}: no new leases, or again.
#include <spdlog/spdlog.h>

#include "commands/reply.hpp"
#include "commands/verbs.hpp"

namespace rsip::commands {

void drain(const Context& context, const nlohmann::json& request, const control::AnswerPtr& answer) {
  const auto on = request.find("on");
  if (on == request.end() || !on->is_boolean()) return refuse(*answer, "on is neither true nor false");
  if (context.gateway.is_draining() != on->get<bool>()) {
    spdlog::info("{}", on->get<bool>() ? "event=draining" : "event=draining-ended");
    context.gateway.drain(on->get<bool>());
  }
  done(*answer);
}

}  // namespace rsip::commands
