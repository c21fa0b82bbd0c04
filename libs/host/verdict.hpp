// SPDX-License-Identifier: GPL-2.0-or-later
// What an RSIP error means for the request that got it.
#pragma once

#include <string>

#include "wire/error.hpp"

namespace rsip::host {

/// As the host's notices name it.
std::string words(wire::ErrorCode code);

/// The gateway does not have the registration that the request named (RFC 3103 section 10.2.2).
bool registration_lost(wire::ErrorCode code);

/// What was asked for by name is not to be had; something else may be.
bool about_choice(wire::ErrorCode code);

/// "the host may try again later" (RFC 3103 appendix A)
bool may_pass(wire::ErrorCode code);

}  // namespace rsip::host
