// SPDX-License-Identifier: GPL-2.0-or-later
// Messages <-> bytes. No I/O; what decoding allocates is bounded by the message's length, at most 65,535 bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "wire/message.hpp"

namespace rsip::wire {

/// Why bytes are not a message, and what could be read nonetheless, so that the answer can carry it.
struct DecodeError {
  ErrorCode code = ErrorCode::bad_message;
  std::optional<Counter> counter;
  std::optional<ClientId> client;
};

/// Reads one whole message. `bytes` must be exactly the message: its overall length field equals bytes.size().
/// Errors (RFC 3103 appendix A):
///   BAD_MESSAGE               shorter than a header, a wrong overall length, a parameter that runs past the end, or
///                             required parameters that are all there but not in the RFC's order
///   UNSUPPORTED_RSIP_VERSION  version is not 1
///   ILLEGAL_MESSAGE           no such message type
///   ILLEGAL_PARAM             no such parameter type
///   BAD_PARAM                 a parameter's length or value is not of its type
///   EXTRA_PARAM               a known parameter that this message does not have
///   DUPLICATE_PARAM           a parameter more often than this message allows
///   MISSING_PARAM             a required parameter is not there
tl::expected<Message, DecodeError> decode(std::span<const std::uint8_t> bytes);

/// The length that a message starting with these bytes says it has, for cutting a TCP stream into messages.
/// Nothing while there are fewer than header_size bytes. A value below header_size is no message: BAD_MESSAGE.
std::optional<std::size_t> framed_size(std::span<const std::uint8_t> bytes);

/// The bytes of a message. Asserts what no caller of ours may break: counts that are not 0, names that fit, a whole
/// of at most max_message_size bytes.
std::vector<std::uint8_t> encode(const Message& message);

}  // namespace rsip::wire
