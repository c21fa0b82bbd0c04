// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace rsip::doctor {

/// Something that is in the way.
struct Finding {
  std::string what;    ///< "table inet filter, chain forward drops what hosts send (TCP, UDP, ESP, AH, ICMP)"
  std::string remedy;  ///< a command, mostly
  bool certain = true;
};

}  // namespace rsip::doctor
