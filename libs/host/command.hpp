// SPDX-License-Identifier: GPL-2.0-or-later
// What a running session can be asked to do, and what comes of it. Its failures are the command's own: none ends the
// session.
#pragma once

#include <variant>
#include <vector>

#include "host/grant.hpp"
#include "wire/error.hpp"
#include "wire/message.hpp"

namespace rsip::host {

/// Leases a further binding.
struct Assign {
  Wish wish;
};
/// Gives one back.
struct Free {
  BindId bind{};
};
/// Asks which addresses and networks are local (RFC 3103 section 9.14); without tuples, for all the gateway tells.
struct Query {
  std::vector<wire::QueryTuple> tuples;
};
using Order = std::variant<Assign, Free, Query>;

enum class CommandId : std::uint64_t {};
struct Command {
  CommandId id{};
  Order order;
};

/// How a request can fail.
struct Refused {
  wire::ErrorCode code;
  wire::MessageType request;
};
struct NoAnswer {
  wire::MessageType request;
};
struct NotUnderstood {
  std::string text;  ///< "1 ports instead of 8"; what was granted has been given back
};

/// How a command can fail before it becomes a request.
struct NoSuchBinding {
  BindId bind{};
};
struct FirstBinding {
  BindId bind{};  ///< its life is the session's
};
struct TooManyBindings {};
struct TooManyCommands {};
struct NotRegistered {};  ///< the gateway could not be reached for registering anew
struct SessionOver {};
using Failure = std::variant<Refused, NoAnswer, NotUnderstood, NoSuchBinding, FirstBinding, TooManyBindings,
                             TooManyCommands, NotRegistered, SessionOver>;

struct Assigned {
  Grant grant;
};
struct Freed {
  Grant grant;
};
struct Queried {
  std::vector<wire::QueryTuple> tuples;
};
using Outcome = std::variant<Assigned, Freed, Queried, Failure>;

/// Of further bindings and of waiting commands no more than this are held.
inline constexpr std::size_t max_bindings = 256;
inline constexpr std::size_t max_commands = 16;

}  // namespace rsip::host
