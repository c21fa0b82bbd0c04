// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "gateway/gateway.hpp"

namespace rsip::control {

/// Does what an operator asks for:
///
///   {"command": "revoke", "host": "10.0.0.11"}              ends the registration and all bindings
///   {"command": "revoke", "host": "10.0.0.11", "bind": 3}   ends one binding
///
/// The answer is {} or {"error": "one line"}.
nlohmann::json obey(gateway::Gateway& gateway, const nlohmann::json& request, lease::Time now);

}  // namespace rsip::control
