// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace rsip::program {

/// The value that `parse` finds in a text. Throws what nlohmann/json throws, or std::invalid_argument.
template <typename Parse>
auto parsed(const nlohmann::json& text, Parse parse) {
  auto value = parse(text.get<std::string>());
  if (!value) throw std::invalid_argument("'" + text.get<std::string>() + "' makes no sense");
  return *value;
}

}  // namespace rsip::program
