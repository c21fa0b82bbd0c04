// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "gateway/gateway.hpp"

namespace rsip {

/// Does what an operator asks for, in one line of JSON:
///
///   {"command": "revoke", "host": "10.0.0.11"}              ends the registration and all bindings
///   {"command": "revoke", "host": "10.0.0.11", "bind": 3}   ends one binding
///
/// The answer is {} or {"error": "one line"}.
std::string obey(gateway::Gateway& gateway, const std::string& line, lease::Time now);

}  // namespace rsip
