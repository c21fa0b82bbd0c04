// SPDX-License-Identifier: GPL-2.0-or-later
// A prefix for the host's IKE cookies, as a vendor-specific parameter of the RSIPSEC messages. rsip-protocol(7) has it
// byte for byte. One that is malformed is ignored, like any that is not understood (RFC 3103 section 8.12).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "types/cookie_prefix.hpp"
#include "wire/parameter.hpp"

namespace rsip::wire {

/// What a host says in ASSIGN_REQUEST_RSIPSEC: the longest prefix that it can use, in bits, from CookiePrefix::min_bits
/// to max_bits; or the very prefix that it had before and would like to keep (RFC 3103 section 10.5).
Vendor cookie_prefix_wish(std::uint8_t longest = CookiePrefix::max_bits);
Vendor cookie_prefix_wish(const CookiePrefix& held);

/// The longest prefix that the host can use, as the gateway reads it, with either form. 0 on the wire, any length, is
/// CookiePrefix::max_bits here.
std::optional<std::uint8_t> wished_cookie_prefix(const std::vector<Vendor>& parameters);

/// The prefix that the host had before, if it says so.
std::optional<CookiePrefix> suggested_cookie_prefix(const std::vector<Vendor>& parameters);

/// What the gateway says in ASSIGN_RESPONSE_RSIPSEC. `prefix` must be valid.
Vendor cookie_prefix_grant(const CookiePrefix& prefix);

/// That, as the host reads it.
std::optional<CookiePrefix> granted_cookie_prefix(const std::vector<Vendor>& parameters);

}  // namespace rsip::wire
