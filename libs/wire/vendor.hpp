// SPDX-License-Identifier: GPL-2.0-or-later
// Our vendor-specific parameters (RFC 3103 section 8.12). Their subtypes: 1 to 3 are auth::Kind's, 4 is a cookie
// prefix's.
#pragma once

#include <cstdint>

namespace rsip::wire {

/// The project has no vendor ID of its own. This one is reserved for examples (RFC 5612), so it is no vendor's.
inline constexpr std::uint16_t vendor_id = 32473;

}  // namespace rsip::wire
