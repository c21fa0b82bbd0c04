// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "status"}: how the daemon is.
#include "commands/reply.hpp"
#include "commands/verbs.hpp"

namespace rsip::commands {

void status(const Context& context, const nlohmann::json& /*request*/, const control::AnswerPtr& answer) {
  const lease::LeaseTable& leases = context.gateway.leases();
  nlohmann::json item = context.about();
  item["draining"] = context.gateway.is_draining();
  item["journal_failed"] = context.gateway.is_suspended();
  item["hosts"] = leases.registrations().size();
  item["max_hosts"] = leases.config().max_hosts;
  item["bindings"] = leases.binding_count();
  item["watchers"] = context.watchers.count();
  done(*answer, item);
}

}  // namespace rsip::commands
