// SPDX-License-Identifier: GPL-2.0-or-later
// One request at a time and its answer: message counters, timeouts and retransmissions (RFC 3103 sections 5, 10.1).
// No I/O and no clock of its own.
//
// Over UDP a request carries counter n and is repeated until a message with counter n arrives; only then may the next
// request carry n + 1. When a request was given up on and another one follows, that one has to carry n again. If the
// gateway had served the first and only its answer was lost, it takes the second for a duplicate and repeats the first
// one's answer: stale, but proof that n is used up, so the second goes out again with n + 1.
// Over TCP there are no counters, one attempt and a timeout; a connection with an unanswered request is closed, so a
// late answer cannot be taken for that of the next request.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "host/boot_clock.hpp"
#include "wire/message.hpp"

namespace rsip::host {

enum class Protocol { tcp, udp };

/// How long to wait for an answer.
struct Patience {
  std::chrono::nanoseconds first_timeout;
  unsigned attempts;  ///< in all; the timeout doubles with each
};
inline constexpr Patience udp_patience{std::chrono::microseconds(12500), 7};
inline constexpr Patience tcp_patience{std::chrono::seconds(10), 1};

/// What a message from the gateway is with regard to the request that is under way.
enum class Arrival {
  answer,        ///< to the request, which is thereby complete
  asynchronous,  ///< counter 0, or (TCP) not an answer to the request
  stale,         ///< the answer to an earlier request that was given up on: send outgoing() again
  ignored,       ///< any other counter: a late duplicate
};

/// "it will wrap around to 1, not 0" (RFC 3103 section 10.1)
constexpr std::uint32_t next_counter(std::uint32_t counter) {
  return counter == UINT32_MAX ? 1 : counter + 1;
}

enum class Due { nothing, retransmit, gave_up };

class Exchange {
 public:
  explicit Exchange(Protocol protocol) : protocol_(protocol) {}

  /// Starts a request, taking the place of one that is under way. outgoing() is then to be sent.
  void begin(wire::Message request, TimePoint now);

  /// What a message from the gateway means here.
  Arrival arrived(const wire::Message& message, TimePoint now);

  /// What time it is: `retransmit` asks for outgoing() to be sent once more. After `gave_up` nothing is under way.
  Due tick(TimePoint now);

  /// Over TCP, the connection failed: nothing is under way any more.
  void abandon() { deadline_.reset(); }

  bool under_way() const { return deadline_.has_value(); }
  const wire::Message& request() const { return request_; }
  std::vector<std::uint8_t> outgoing() const;
  std::optional<TimePoint> deadline() const { return deadline_; }

  /// When the request was first sent, also under an earlier begin() that got no answer. The gateway cannot have served
  /// it before; a lease counted from here ends no later than the gateway's.
  TimePoint first_sent() const { return first_sent_; }

 private:
  void arm(TimePoint now);

  Protocol protocol_;
  std::uint32_t counter_ = 1;  // "An RSIP gateway begins all sessions with a message counter value of 1"
  bool answered_ = true;       // the counter has not been sent yet
  wire::Message request_;
  TimePoint first_sent_{};
  std::chrono::nanoseconds timeout_{};
  unsigned attempts_left_ = 0;
  std::optional<TimePoint> deadline_;
};

}  // namespace rsip::host
