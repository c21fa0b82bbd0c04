// SPDX-License-Identifier: GPL-2.0-or-later
// Messages with the bytes that RFC 3103 and 3104 give them, written down by hand from the RFCs' figures.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/message.hpp"

namespace rsip::test {

struct Sample {
  std::string_view name;
  wire::Message message;
  std::string_view bytes;  ///< hexadecimal; the header and each parameter on a line of its own
};

/// At least one of every message type, with and without optional parameters.
const std::vector<Sample>& samples();

}  // namespace rsip::test
