// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "wire/message.hpp"

namespace rsip::gateway {

/// RFC 3103 section 9.1.1: the client and bind IDs that an error is about go with it.
inline wire::ErrorResponse error(wire::ErrorCode code, std::optional<ClientId> client = {},
                                 std::optional<BindId> bind = {}) {
  wire::ErrorResponse response;
  response.error = code;
  response.client = client;
  response.bind = bind;
  return response;
}

}  // namespace rsip::gateway
