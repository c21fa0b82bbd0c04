// SPDX-License-Identifier: GPL-2.0-or-later
// The members of a request.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::commands {

/// The error is what is wrong with the request.
template <typename T>
using Read = tl::expected<T, std::string>;

Read<std::string> read_text(const nlohmann::json& request, const char* name);
Read<Ipv4> read_address(const nlohmann::json& request, const char* name);
Read<Ipv4> read_host(const nlohmann::json& request);
/// An integer of [least, most]; nothing where the request has no such member.
Read<std::optional<std::int64_t>> read_number(const nlohmann::json& request, const char* name, std::int64_t least,
                                              std::int64_t most);
/// Nothing where the request has no such member.
Read<std::optional<BindId>> read_bind(const nlohmann::json& request);

}  // namespace rsip::commands
