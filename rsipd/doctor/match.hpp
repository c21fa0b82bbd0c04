// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "doctor/packet.hpp"

namespace rsip::doctor {

/// Whether something holds for a packet of which not all is known, in a ruleset of which not all is understood.
enum class Truth { no, unknown, yes };

/// Whether the packet's value of `left`, an expression in libnftables' JSON, is in `right`: a value, prefix, range, set
/// or list of them.
Truth is_in(const Packet& packet, const nlohmann::json& left, const nlohmann::json& right);

/// A "match" statement. `match` is what stands in it.
Truth matches(const Packet& packet, const nlohmann::json& match);

}  // namespace rsip::doctor
