// SPDX-License-Identifier: GPL-2.0-or-later
#include "hex.hpp"

#include <stdexcept>

namespace rsip::test {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bool high = true;
  for (const char c : text) {
    if (c == ' ') continue;
    const std::size_t value = digits.find(c);
    if (value == std::string_view::npos) throw std::invalid_argument("no hexadecimal digit in: " + std::string(text));
    if (high) bytes.push_back(0);
    bytes.back() = static_cast<std::uint8_t>(bytes.back() << 4 | value);
    high = !high;
  }
  if (!high) throw std::invalid_argument("half a byte at the end of: " + std::string(text));
  return bytes;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 0xf];
  }
  return text;
}

}  // namespace rsip::test
