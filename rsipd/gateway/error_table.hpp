// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "lease/refusal.hpp"
#include "wire/error.hpp"

namespace rsip::gateway {

/// The protocol's number for a refusal (RFC 3103 appendix A, RFC 3104 appendix B). The only place that knows it.
wire::ErrorCode error_code(lease::Refusal refusal);

}  // namespace rsip::gateway
