// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes as a reader of an RFC writes them down, for tables of tests.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rsip::test {

/// "01 0a ff" -> bytes; spaces may be anywhere, anything else that is no hexadecimal digit throws.
std::vector<std::uint8_t> from_hex(std::string_view text);

/// Bytes -> "010aff".
std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace rsip::test
