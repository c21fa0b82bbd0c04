// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "types/result.hpp"

namespace rsip::program {

/// Sends the request to the instance that serves `device` and waits for its answer, an object with "ok". ENOENT: no
/// instance is running.
Result<nlohmann::json> ask_instance(const std::string& runtime_dir, const std::string& device,
                                    const nlohmann::json& request);

}  // namespace rsip::program
