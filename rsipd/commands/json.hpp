// SPDX-License-Identifier: GPL-2.0-or-later
// Leases in JSON; rsipctl(8) describes it.
#pragma once

#include <nlohmann/json.hpp>

#include "gateway/observer.hpp"
#include "lease/binding.hpp"

namespace rsip::commands {

/// What a binding grants: {"method": "RSAP-IP", "address": ..., "ports": [...], ...}
nlohmann::json json_of(const lease::Binding& binding);

/// {"event": "assigned", "host": ..., ...}
nlohmann::json json_of(const gateway::Event& event);

/// "0x5a5a5a5a00000001": JSON's own numbers are exact up to 2^53 only.
std::string text_of(Cookie cookie);

/// Whole seconds that are left, rounded up.
std::int64_t seconds_until(lease::Time then, lease::Time now);

}  // namespace rsip::commands
