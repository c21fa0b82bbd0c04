// SPDX-License-Identifier: GPL-2.0-or-later
// One function for each command. What is wrong with a request is in the answer.
#pragma once

#include "commands/commands.hpp"

namespace rsip::commands {

using Verb = void(const Context& context, const nlohmann::json& request, const control::AnswerPtr& answer);

Verb bindings;
Verb diff;
Verb drain;
Verb hosts;
Verb metrics;
Verb pools;
Verb revoke;
Verb settings;
Verb show;
Verb status;
Verb watch;
Verb who;

}  // namespace rsip::commands
