// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <random>

#include "wire/message.hpp"

namespace rsip::test {

using Random = std::mt19937_64;

/// A number from `low` to `high`, both included.
std::uint32_t any_of(Random& random, std::uint32_t low, std::uint32_t high);

/// A message of any type with values anywhere in their ranges, in the form that decode() gives.
wire::Message random_message(Random& random);

}  // namespace rsip::test
