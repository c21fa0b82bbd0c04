// SPDX-License-Identifier: GPL-2.0-or-later
// What the running kernel can do, and how a test says that it needs more.
#pragma once

#include <string_view>

namespace rsip::test {

bool kernel_has_ipip();
bool kernel_has_gre();
bool kernel_has_queue();

/// Prints "SKIP <test>: <reason>".
void skip(std::string_view test, std::string_view reason);

}  // namespace rsip::test
