// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "types/result.hpp"

namespace rsip::doctor {

/// All nftables tables but ours, in libnftables' JSON: {"nftables": [...]}. Of sets without their elements.
Result<nlohmann::json> list_foreign_tables();

}  // namespace rsip::doctor
