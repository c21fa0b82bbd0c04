// SPDX-License-Identifier: GPL-2.0-or-later
// The examples of rsip-protocol(7), so that tests can compare them with what the code does.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rsip::test {

/// The bytes of each block under a heading, "## Authentication": what stands before the words of each line.
std::vector<std::vector<std::uint8_t>> protocol_examples(std::string_view heading);

}  // namespace rsip::test
