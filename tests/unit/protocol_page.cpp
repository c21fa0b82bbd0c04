// SPDX-License-Identifier: GPL-2.0-or-later
#include "protocol_page.hpp"

#include <fstream>
#include <string>

#include "hex.hpp"

namespace rsip::test {

std::vector<std::vector<std::uint8_t>> protocol_examples(std::string_view heading) {
  std::ifstream page(RSIP_PROTOCOL_PAGE);
  std::vector<std::vector<std::uint8_t>> examples;
  bool here = false;
  bool block = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) here = line == heading;
    if (!here) continue;
    if (line.starts_with("```")) {
      block = !block;
      if (block) examples.emplace_back();
    } else if (block) {
      const std::vector<std::uint8_t> bytes = from_hex(line.substr(0, line.find("   ")));
      examples.back().insert(examples.back().end(), bytes.begin(), bytes.end());
    }
  }
  return examples;
}

}  // namespace rsip::test
