// SPDX-License-Identifier: GPL-2.0-or-later
// Which messages are from whom they say (RFC 3102 section 3.3, RFC 3103 section 11).
//
// A host for which there is a key has to seal each message (libs/auth). Its stamp must be within auth::window of our
// clock and newer than the host's last one, so a replay is refused: what is in the window is remembered, what is not is
// too old. A clock that is set back refuses hosts until it is where it was.
//
// The last message once more, byte for byte, is a retransmission (RFC 3103 section 10.1); it may be answered from the
// last-message buffer, but must not be served again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "auth/seal.hpp"

namespace rsip::gateway {

class Authenticator {
 public:
  using Clock = std::function<auth::Stamp()>;

  /// Without keys: nobody is asked for authentication.
  Authenticator() : Authenticator({}, 0, auth::stamp_now) {}
  /// Remembers the stamps of at most `capacity` hosts; further ones are refused until the window has passed.
  Authenticator(auth::KeyTable keys, std::size_t capacity, Clock clock = auth::stamp_now);

  enum class Verdict {
    not_required,  ///< the host has no key
    fresh,
    repeated,  ///< the host's last message again
    no_proof,  ///< no seal, or not one of this host's key
    untimely,  ///< the clocks of host and gateway differ too much, or an old message
    replayed,  ///< not newer than the host's last one
    overload,  ///< no room to remember another host
  };
  struct Check {
    Verdict verdict = Verdict::not_required;
    auth::Stamp stamp;  ///< of a fresh or repeated message
  };
  Check check(const auth::Ends& ends, std::span<const std::uint8_t> message);

  /// What was the last of `host` in an earlier run. Calls come with the oldest first.
  void recall(Ipv4 host, auth::Stamp stamp, std::span<const std::uint8_t> hmac);
  /// Nothing is remembered any more.
  void forget_all();

  /// Whether a message is sealed as it has to be, new or not. Remembers nothing.
  bool is_proven(const auth::Ends& ends, std::span<const std::uint8_t> message) const;

  /// The answer to a fresh or repeated message.
  auth::Bytes seal_answer(const auth::Ends& ends, std::span<const std::uint8_t> answer, auth::Stamp request) const;
  /// A message that no request asked for: sealed where the host has a key, as it is where it has none.
  auth::Bytes seal_notice(const auth::Ends& ends, std::span<const std::uint8_t> notice);

 private:
  using Hmac = std::array<std::uint8_t, auth::hmac_size>;
  struct Last {
    Ipv4 host;
    auth::Stamp stamp;
    Hmac hmac;  ///< stands for the whole message
  };
  bool make_room(auth::Stamp now);

  auth::KeyTable keys_;
  std::size_t capacity_;
  Clock clock_;
  std::list<Last> lasts_;  ///< most recent first
  std::unordered_map<Ipv4, std::list<Last>::iterator> index_;
  auth::Stamp noticed_{};  ///< the last stamp of a notice
};

/// Why a message is refused, for the log; empty where it is not.
std::string_view cause(Authenticator::Verdict verdict);

}  // namespace rsip::gateway
