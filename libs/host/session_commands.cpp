// SPDX-License-Identifier: GPL-2.0-or-later
// What a session does at the request of its user while it is up. A command is served when nothing more urgent is due; a
// gateway that does not answer fails it, and is asked by it even within a pause.
#include <algorithm>

#include "host/session.hpp"
#include "host/verdict.hpp"

namespace rsip::host {

using wire::ErrorCode;

Actions Session::command(Command command, TimePoint now) {
  Actions out;
  if (ended_ || std::holds_alternative<Leaving>(errand_)) {
    out.emplace_back(Answered{command.id, Failure(SessionOver{})});
  } else if (commands_.size() >= max_commands) {
    out.emplace_back(Answered{command.id, Failure(TooManyCommands{})});
  } else {
    commands_.push_back(std::move(command));
    proceed(now, out);
  }
  return out;
}

/// Starts commands until one needs the gateway's answer.
void Session::serve(TimePoint now, Actions& out) {
  while (!commands_.empty() && !exchange_.under_way()) {
    const Command command = std::move(commands_.front());
    commands_.pop_front();
    std::visit([&](const auto& order) { serve(command, order, now, out); }, command.order);
  }
}

void Session::serve(const Command& command, const Assign& order, TimePoint now, Actions& out) {
  if (bindings_.size() >= max_bindings) {
    out.emplace_back(Answered{command.id, Failure(TooManyBindings{})});
    return;
  }
  send(Serving{command, std::nullopt}, assign_request(*client_, order.wish), now, out);
}

void Session::serve(const Command& command, const Free& order, TimePoint now, Actions& out) {
  const Binding* binding = bindings_.find(order.bind, client_);
  if (binding == nullptr) {
    out.emplace_back(Answered{command.id, Failure(NoSuchBinding{order.bind})});
    return;
  }
  if (bindings_.is_first(*binding)) {
    out.emplace_back(Answered{command.id, Failure(FirstBinding{order.bind})});
    return;
  }
  const Grant grant = binding->held->grant;
  bindings_.remove(binding->serial);
  out.emplace_back(Withdraw{});
  if (grant.client != client_) {  // the gateway lost it, and it has not been asked for again yet
    out.emplace_back(Answered{command.id, Freed{grant}});
    return;
  }
  wire::FreeRequest request;
  request.client = *client_;
  request.bind = grant.bind;
  send(Serving{command, grant}, std::move(request), now, out);
}

void Session::serve(const Command& command, const Query& order, TimePoint now, Actions& out) {
  wire::QueryRequest request;
  request.client = *client_;
  request.tuples = order.tuples;
  send(Serving{command, std::nullopt}, std::move(request), now, out);
}

void Session::answer(const Serving& errand, const wire::Message& message, TimePoint now, Actions& out) {
  const auto finish = [&](Outcome outcome) { out.emplace_back(Answered{errand.command.id, std::move(outcome)}); };
  if (const std::optional<GrantIds> granted = grant_ids(message)) {
    const Wish& wish = std::get<Assign>(errand.command.order).wish;
    tl::expected<Grant, std::string> grant = grant_in(message, wish);
    if (!grant) {
      finish(Failure(NotUnderstood{grant.error()}));
      give_back(granted->bind, std::nullopt, now, out);
      return;
    }
    bindings_.add(wish, held_since(*grant, exchange_.first_sent()));
    out.emplace_back(Granted{*grant});
    finish(Assigned{*grant});
    return;
  }
  if (const auto* response = std::get_if<wire::QueryResponse>(&message)) {
    finish(Queried{response->tuples});
    return;
  }
  const auto* error = std::get_if<wire::ErrorResponse>(&message);
  if (error == nullptr) {
    finish(Freed{*errand.freed});
    return;
  }
  const bool lost = registration_lost(error->error);
  if (errand.freed && (lost || error->error == ErrorCode::bad_bind_id)) {
    finish(Freed{*errand.freed});  // the gateway did not have it any more
  } else {
    finish(Failure(Refused{error->error, wire::type_of(exchange_.request())}));
  }
  if (lost) {
    out.emplace_back(Notice{"the gateway no longer knows this host (" + std::string(wire::name(error->error)) +
                            "); registering anew"});
    registration_is_lost(now, out);
  }
}

void Session::fail_commands(const Failure& failure, Actions& out) {
  for (const Command& command : commands_) out.emplace_back(Answered{command.id, failure});
  commands_.clear();
}

}  // namespace rsip::host
