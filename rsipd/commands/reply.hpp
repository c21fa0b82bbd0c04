// SPDX-License-Identifier: GPL-2.0-or-later
// The forms that answers have.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "control/answer.hpp"

namespace rsip::commands {

/// No items: it is done.
void done(control::Answer& answer);
void done(control::Answer& answer, const nlohmann::json& item);
void refuse(control::Answer& answer, const std::string& why);

/// However many items there are, the event loop makes only so many at a time. `next` gives one after the other, and
/// must bear that leases come and go in between.
void list(control::Answer& answer, std::function<std::optional<nlohmann::json>()> next);

/// One line of JSON, without its newline.
std::string line_of(const nlohmann::json& item);

}  // namespace rsip::commands
