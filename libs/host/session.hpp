// SPDX-License-Identifier: GPL-2.0-or-later
// The host's side of the protocol as a state machine: events in, actions out; no I/O and no clock of its own.
//
//                      ALREADY_REGISTERED
//                    +--------------------+
//                    v                    |
//   start() --> (clearing) --------> registering --> assigning --> bound <--> extending
//                    ^                                               |            |
//                    +---- REGISTER_FIRST, BAD_CLIENT_ID, BAD_BIND_ID ------------+
//
//   waiting   the gateway is to be tried again; the lease still runs
//   freeing   a grant that cannot be used is given back (RFC 3103 section 9.9.3)
//   leaving   de-registering; what follows is Ended
//
// A lease (`held`) survives every state but leaving: while the session registers anew after the gateway lost its state
// (section 10.2.2), the host goes on with what it had, and asks for the same again. When the lease's time is over it is
// withdrawn whatever the state. Withdraw always comes before the resources are given back, Ended comes last.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "host/exchange.hpp"
#include "host/grant.hpp"

namespace rsip::host {

/// Send these bytes to the gateway, over TCP after connecting if there is no connection.
struct Transmit {
  std::vector<std::uint8_t> bytes;
};
/// TCP: close the connection, its pending answer would be out of step.
struct Disconnect {};
/// The host may use this: the first grant, or a later one that replaces it. May equal what it has.
struct Granted {
  Grant grant;
};
/// The lease runs longer.
struct Extended {};
/// Stop using the grant, at once.
struct Withdraw {};
/// Something worth a line in the log.
struct Notice {
  std::string text;
};

/// Why a session is over.
struct Stopped {};  ///< stop() was called
struct Refused {
  wire::ErrorCode code;
  wire::MessageType request;
};
struct NoAnswer {
  wire::MessageType request;
};
struct NotUnderstood {
  std::string text;  ///< "1 port instead of 8"
};
struct Revoked {
  wire::MessageType by;  ///< DE-REGISTER_RESPONSE or FREE_RESPONSE
};
struct Expired {};
using EndReason = std::variant<Stopped, Refused, NoAnswer, NotUnderstood, Revoked, Expired>;

/// The last action of a session.
struct Ended {
  EndReason reason;
};

using Action = std::variant<Transmit, Disconnect, Granted, Extended, Withdraw, Notice, Ended>;
using Actions = std::vector<Action>;

/// A grant and how long it may be used.
struct Held {
  Grant grant;
  TimePoint expires;
  TimePoint renew;  ///< the next EXTEND_REQUEST
};

class Session {
 public:
  /// `spread` (0 to 1) lengthens this host's pauses between attempts by up to half, so that the hosts of a gateway that
  /// was restarted do not all come back at once.
  Session(Protocol protocol, Wish wish, double spread) : exchange_(protocol), wish_(wish), spread_(spread) {}

  Actions start(TimePoint now);
  /// Gives everything back and ends.
  Actions stop(TimePoint now);
  /// One whole message from the gateway; what is not one is discarded (RFC 3103 section 9.1.3).
  Actions received(std::span<const std::uint8_t> bytes, TimePoint now);
  /// TCP: the connection could not be made, or is gone.
  Actions connection_failed(TimePoint now);
  /// To be called at deadline().
  Actions tick(TimePoint now);

  std::optional<TimePoint> deadline() const;
  const std::optional<Held>& held() const { return held_; }
  bool ended() const { return state_ == State::ended; }

 private:
  enum class State { idle, clearing, registering, assigning, bound, extending, waiting, freeing, leaving, ended };
  enum class Next { registering, assigning, extending };

  void send(State state, wire::Message request, TimePoint now, Actions& out);
  void register_host(TimePoint now, Actions& out);
  void clear(ClientId client, TimePoint now, Actions& out);
  void assign(TimePoint now, Actions& out);
  void extend(TimePoint now, Actions& out);
  void leave(EndReason reason, TimePoint now, Actions& out);
  void end(Actions& out);
  void try_later(Next next, TimePoint now, Actions& out);

  void answer(const wire::Message& message, TimePoint now, Actions& out);
  void answer_in_registering(const wire::Message& message, TimePoint now, Actions& out);
  void answer_in_assigning(const wire::Message& message, TimePoint now, Actions& out);
  void answer_in_extending(const wire::Message& message, TimePoint now, Actions& out);
  void refused(wire::ErrorCode code, TimePoint now, Actions& out);
  void granted(const tl::expected<Grant, std::string>& grant, BindId bind, TimePoint now, Actions& out);
  void unanswered(TimePoint now, Actions& out);
  void asynchronous(const wire::Message& message, TimePoint now, Actions& out);

  Exchange exchange_;
  Wish wish_;
  double spread_;
  State state_ = State::idle;
  std::optional<ClientId> client_;  // present while the gateway knows us, as far as we know
  std::optional<Held> held_;
  bool suggest_ = false;           // assigning: ask for just what we held
  unsigned clearings_ = 0;         // old registrations removed since the last grant
  Next next_ = Next::registering;  // waiting: what to try again
  TimePoint retry_{};              // waiting: when
  unsigned failures_ = 0;          // in a row, for the pause between attempts
  TimePoint last_failure_{};
  EndReason reason_ = Stopped{};
};

}  // namespace rsip::host
