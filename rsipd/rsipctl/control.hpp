// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "types/result.hpp"

namespace rsip::ctl {

/// What to do with an item of an answer: its line, and what that says.
using OnItem = std::function<void(const std::string& line, const nlohmann::json& item)>;

/// Asks the rsipd that serves `path` and hands over each item of its answer as it comes. The error is the one that it
/// reports (code 0), or that it does not answer to the end.
Result<void> ask(const std::string& path, const nlohmann::json& request, const OnItem& on_item = {});

}  // namespace rsip::ctl
