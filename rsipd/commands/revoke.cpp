// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "revoke", "host": ..., perhaps "bind": ...}: ends what a host holds, and tells it.
#include "commands/reply.hpp"
#include "commands/request.hpp"
#include "commands/verbs.hpp"

namespace rsip::commands {

void revoke(const Context& context, const nlohmann::json& request, const control::AnswerPtr& answer) {
  const Read<Ipv4> host = read_host(request);
  if (!host) return refuse(*answer, host.error());
  const Read<std::optional<BindId>> bind = read_bind(request);
  if (!bind) return refuse(*answer, bind.error());
  const Result<void> revoked = context.gateway.revoke(*host, *bind, context.now());
  if (!revoked) return refuse(*answer, revoked.error().text());
  if (const Result<void> kept = context.keep(); !kept) return refuse(*answer, kept.error().text());
  done(*answer);
}

}  // namespace rsip::commands
