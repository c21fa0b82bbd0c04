// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.hpp"

#include <map>
#include <string_view>

#include "commands/reply.hpp"
#include "commands/request.hpp"
#include "commands/verbs.hpp"

namespace rsip::commands {

namespace {

const std::map<std::string_view, Verb*> verbs{
    {"bindings", bindings}, {"diff", diff},     {"drain", drain},   {"hosts", hosts},
    {"metrics", metrics},   {"pools", pools},   {"revoke", revoke}, {"settings", settings},
    {"show", show},         {"status", status}, {"watch", watch},   {"who", who},
};

}  // namespace

void obey(const Context& context, const std::string& line, const control::AnswerPtr& answer) {
  const nlohmann::json request = nlohmann::json::parse(line, nullptr, false);
  if (!request.is_object()) return refuse(*answer, "a request is a JSON object");
  const Read<std::string> command = read_text(request, "command");
  if (!command) return refuse(*answer, command.error());
  const auto found = verbs.find(*command);
  if (found == verbs.end()) return refuse(*answer, "no such command");
  found->second(context, request, answer);
}

}  // namespace rsip::commands
