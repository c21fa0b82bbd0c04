// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "types/result.hpp"

namespace rsip::ctl {

/// Asks the rsipd that serves `path` and waits for its answer, without "error"; the error is the one it reports, or
/// that nobody answers.
Result<nlohmann::json> ask(const std::string& path, const nlohmann::json& request);

}  // namespace rsip::ctl
