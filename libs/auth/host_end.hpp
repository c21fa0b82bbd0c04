// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>

#include "auth/seal.hpp"

namespace rsip::auth {

/// The host's side of authentication: seals its requests, and tells the gateway's messages from others'.
class HostEnd {
 public:
  HostEnd(Key key, const Ends& ends) : key_(std::move(key)), ends_(ends) {}

  /// A request, or one that is sent again: it may have a new stamp.
  Bytes seal_request(std::span<const std::uint8_t> message, Stamp now);

  /// Whether a message is from the gateway and no replay: the answer to a request of ours that is newer than all that
  /// were answered, or a timely notice that is newer than all before.
  bool accepts(std::span<const std::uint8_t> message, Stamp now);

 private:
  Key key_;
  Ends ends_;
  Stamp requested_{};  ///< the last one used
  Stamp answered_{};
  Stamp noticed_{};
};

}  // namespace rsip::auth
