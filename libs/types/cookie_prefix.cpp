// SPDX-License-Identifier: GPL-2.0-or-later
#include "types/cookie_prefix.hpp"

#include <array>
#include <cstdio>

namespace rsip {

std::string to_string(const CookiePrefix& prefix) {
  std::array<char, 16> text{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
  (void)std::snprintf(text.data(), text.size(), "0x%08x/%u", prefix.value, unsigned{prefix.bits});
  return text.data();
}

}  // namespace rsip
