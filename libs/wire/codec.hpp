// SPDX-License-Identifier: GPL-2.0-or-later
// Messages <-> bytes. No I/O; what decoding allocates is bounded by the message's length: at most some 40 bytes for
// each of its bytes, in the worst one, which is nothing but empty parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "wire/message.hpp"

namespace rsip::wire {

/// Why bytes are not a message, and what could be read nonetheless, so that the answer can carry it: the first
/// well-formed message counter and client ID before the place, if any, where the bytes stop being parameters.
struct DecodeError {
  ErrorCode code = ErrorCode::bad_message;
  std::optional<Counter> counter;
  std::optional<ClientId> client;
};

/// Reads one whole message. `bytes` must be exactly the message: its overall length field equals bytes.size().
/// Errors (RFC 3103 appendix A); where several apply, the one that stands first here:
///   BAD_MESSAGE               shorter than a header
///   UNSUPPORTED_RSIP_VERSION  version is not 1
///   BAD_MESSAGE               the overall length is not bytes.size()
///   ILLEGAL_MESSAGE           no such message type
///   BAD_MESSAGE               a parameter runs past the end
///   ILLEGAL_PARAM             no such parameter type
///   BAD_PARAM                 a parameter's length or value is not of its type, or not one this message defines
///   EXTRA_PARAM               a known parameter that this message does not have; an address no indicator asks for
///   DUPLICATE_PARAM           a parameter more often than this message allows
///   MISSING_PARAM             a required parameter, or an address that an indicator asks for, is not there
///   BAD_MESSAGE               all are there, but the required ones do not come first in the RFC's order, or the
///                             addresses of a QUERY tuple do not follow its indicator
///   BAD_PARAM                 a QUERY network whose address is a name or whose netmask is not in netmask form
tl::expected<Message, DecodeError> decode(std::span<const std::uint8_t> bytes);

/// The length that a message starting with these bytes says it has, for cutting a TCP stream into messages.
/// Nothing while there are fewer than header_size bytes. A value below header_size is no message: BAD_MESSAGE.
std::optional<std::size_t> framed_size(std::span<const std::uint8_t> bytes);

/// The bytes of a message. Asserts what no caller of ours may break: what parameter.hpp and message.hpp say of their
/// values, and a whole of at most max_message_size bytes.
std::vector<std::uint8_t> encode(const Message& message);

}  // namespace rsip::wire
