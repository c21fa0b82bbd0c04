// SPDX-License-Identifier: GPL-2.0-or-later
// The host's side of the protocol as a state machine: events in, actions out; no I/O and no clock of its own.
//
//   start() --> register --> assign the first binding --> [ extend, assign, free, query ... ] --> de-register --> Ended
//                 ^  |                                       |
//                 |  | ALREADY_REGISTERED                    | REGISTER_FIRST, BAD_CLIENT_ID
//                 |  v                                       |
//                clear <-------------------------------------+
//
// One request is under way at a time. When its answer has come, the next one is chosen: the registration before the
// bindings that are due (bindings.hpp), and these before the commands (command.hpp). A gateway that does not answer is
// left alone for a while, with growing pauses, as long as a lease runs.
//
// Leases survive a registration: while the session registers anew after the gateway lost its state (RFC 3103 section
// 10.2.2), the host goes on with what it had, and asks for the same again. When the first lease ends, so does the
// session; the end of another one ends that binding alone. Withdraw always comes before the resources are given back,
// Ended comes last.
//
// session.cpp has the registration and the choice of the next request, session_bindings.cpp the answers about bindings,
// session_commands.cpp the commands.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "host/bindings.hpp"
#include "host/command.hpp"
#include "host/exchange.hpp"

namespace rsip::host {

/// Send these bytes to the gateway, over TCP after connecting if there is no connection.
struct Transmit {
  std::vector<std::uint8_t> bytes;
};
/// TCP: close the connection, its pending answer would be out of step.
struct Disconnect {};
/// The host may use this: a new binding, or one that replaces the one in this place. May equal what it has.
struct Granted {
  Grant grant;
};
/// This lease runs longer.
struct Extended {
  Grant grant;
};
/// Stop using what is not in bindings() any more, at once.
struct Withdraw {};
/// A command has been dealt with; always exactly one for each.
struct Answered {
  CommandId id{};
  Outcome outcome;
};
/// Something worth a line in the log.
struct Notice {
  std::string text;
};

/// Why a session is over.
struct Stopped {};  ///< stop() was called
struct Revoked {
  wire::MessageType by;  ///< DE-REGISTER_RESPONSE or FREE_RESPONSE
};
struct Expired {};
using EndReason = std::variant<Stopped, Refused, NoAnswer, NotUnderstood, Revoked, Expired>;

/// The last action of a session.
struct Ended {
  EndReason reason;
};

using Action = std::variant<Transmit, Disconnect, Granted, Extended, Withdraw, Answered, Notice, Ended>;
using Actions = std::vector<Action>;

class Session {
 public:
  /// `spread` (0 to 1) lengthens this host's pauses between attempts by up to half, so that the hosts of a gateway that
  /// was restarted do not all come back at once.
  Session(Protocol protocol, Wish first, double spread)
      : exchange_(protocol), bindings_(std::move(first), spread), backoff_(spread) {}

  Actions start(TimePoint now);
  /// Gives everything back and ends.
  Actions stop(TimePoint now);
  /// Whatever comes of it, Answered says so, perhaps at once.
  Actions command(Command command, TimePoint now);
  /// One whole message from the gateway; what is not one is discarded (RFC 3103 section 9.1.3).
  Actions received(std::span<const std::uint8_t> bytes, TimePoint now);
  /// TCP: the connection could not be made, or is gone.
  Actions connection_failed(TimePoint now);
  /// To be called at deadline().
  Actions tick(TimePoint now);

  std::optional<TimePoint> deadline() const;
  const Bindings& bindings() const { return bindings_; }
  /// The first binding's lease.
  const std::optional<Held>& held() const { return bindings_.first().held; }
  bool ended() const { return ended_; }

 private:
  // What the request that is under way is for.
  struct Nothing {};
  struct Clearing {};  // an old registration goes
  struct Registering {};
  struct Assigning {  // a binding of ours, for the first time or anew
    Serial binding;
  };
  struct Extending {
    Serial binding;
  };
  struct GivingBack {  // a grant that is of no use; then, perhaps, the session ends
    std::optional<EndReason> then;
  };
  struct Serving {  // a command; what it gives back has left bindings_ already
    Command command;
    std::optional<Grant> freed;
  };
  struct Leaving {};
  using Errand = std::variant<Nothing, Clearing, Registering, Assigning, Extending, GivingBack, Serving, Leaving>;

  // session.cpp
  void send(Errand errand, wire::Message request, TimePoint now, Actions& out);
  void proceed(TimePoint now, Actions& out);
  void register_host(TimePoint now, Actions& out);
  void clear(ClientId client, TimePoint now, Actions& out);
  void registration_is_lost(TimePoint now, Actions& out);
  void leave(EndReason reason, TimePoint now, Actions& out);
  void end(Actions& out);
  void pause(TimePoint now, Actions& out);
  void unanswered(TimePoint now, Actions& out);
  void asynchronous(const wire::Message& message, TimePoint now, Actions& out);
  void answer(const Nothing&, const wire::Message& message, TimePoint now, Actions& out);
  void answer(const Clearing&, const wire::Message& message, TimePoint now, Actions& out);
  void answer(const Registering&, const wire::Message& message, TimePoint now, Actions& out);
  void answer(const GivingBack& errand, const wire::Message& message, TimePoint now, Actions& out);
  void answer(const Leaving&, const wire::Message& message, TimePoint now, Actions& out);

  // session_bindings.cpp
  void ask_about(const Binding& binding, TimePoint now, Actions& out);
  void answer(const Assigning& errand, const wire::Message& message, TimePoint now, Actions& out);
  void answer(const Extending& errand, const wire::Message& message, TimePoint now, Actions& out);
  void not_assigned(Binding& binding, wire::ErrorCode code, TimePoint now, Actions& out);
  void of_no_use(Binding& binding, const std::string& why, TimePoint now, Actions& out);
  void expire(TimePoint now, Actions& out);
  void drop(const Binding& binding, const std::string& why, Actions& out);
  void give_back(BindId bind, std::optional<EndReason> then, TimePoint now, Actions& out);
  tl::expected<Grant, std::string> grant_in(const wire::Message& message, const Wish& wish) const;

  // session_commands.cpp
  void serve(TimePoint now, Actions& out);
  void serve(const Command& command, const Assign& order, TimePoint now, Actions& out);
  void serve(const Command& command, const Free& order, TimePoint now, Actions& out);
  void serve(const Command& command, const Query& order, TimePoint now, Actions& out);
  void answer(const Serving& errand, const wire::Message& message, TimePoint now, Actions& out);
  void fail_commands(const Failure& failure, Actions& out);

  Exchange exchange_;
  Bindings bindings_;
  Backoff backoff_;
  Errand errand_;
  std::deque<Command> commands_;
  std::optional<ClientId> client_;   // present while the gateway knows us, as far as we know
  std::optional<TimePoint> resume_;  // the gateway is left alone until then, but for commands
  unsigned clearings_ = 0;           // old registrations removed since the last grant
  EndReason reason_ = Stopped{};
  bool ended_ = false;
};

}  // namespace rsip::host
