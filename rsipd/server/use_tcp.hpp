// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "gateway/gateway.hpp"

namespace rsip::server {

/// The answer to a datagram where UDP is not served: USE_TCP (RFC 3103 appendix A) with the request's counter. Nothing
/// where it is a response, which is never answered.
std::optional<gateway::Bytes> use_tcp(std::span<const std::uint8_t> message);

}  // namespace rsip::server
