// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/session.hpp"

#include <algorithm>

#include "host/remedy.hpp"
#include "host/verdict.hpp"
#include "wire/codec.hpp"

namespace rsip::host {
namespace {

using wire::ErrorCode;
using wire::MessageType;

constexpr unsigned max_clearings = 3;

}  // namespace

Actions Session::start(TimePoint now) {
  Actions out;
  proceed(now, out);
  return out;
}

Actions Session::stop(TimePoint now) {
  Actions out;
  if (!std::holds_alternative<Leaving>(errand_) && !ended_) leave(Stopped{}, now, out);
  return out;
}

Actions Session::received(std::span<const std::uint8_t> bytes, TimePoint now) {
  Actions out;
  const tl::expected<wire::Message, wire::DecodeError> message = wire::decode(bytes);
  if (!message || ended_) return out;
  switch (exchange_.arrived(*message, now)) {
    case Arrival::answer: {
      resume_.reset();
      const Errand errand = std::exchange(errand_, Nothing{});
      std::visit([&](const auto& each) { answer(each, *message, now, out); }, errand);
      break;
    }
    case Arrival::asynchronous:
      asynchronous(*message, now, out);
      break;
    case Arrival::stale:
      out.emplace_back(Transmit{exchange_.outgoing()});
      break;
    case Arrival::ignored:
      break;
  }
  proceed(now, out);
  return out;
}

Actions Session::connection_failed(TimePoint now) {
  Actions out;
  if (exchange_.under_way()) {
    exchange_.abandon();
    unanswered(now, out);
  } else if (client_ && !ended_) {
    // The registration belongs to this host's address, not to the connection. But a gateway that was restarted has
    // forgotten it, and we would learn that only at half the lease: ask soon.
    out.emplace_back(Notice{"the connection to the gateway was closed"});
    bindings_.first().due = now;
    pause(now, out);
  }
  proceed(now, out);
  return out;
}

Actions Session::tick(TimePoint now) {
  Actions out;
  if (ended_) return out;
  expire(now, out);
  switch (exchange_.tick(now)) {
    case Due::retransmit:
      out.emplace_back(Transmit{exchange_.outgoing()});
      break;
    case Due::gave_up:
      out.emplace_back(Disconnect{});
      unanswered(now, out);
      break;
    case Due::nothing:
      break;
  }
  proceed(now, out);
  return out;
}

std::optional<TimePoint> Session::deadline() const {
  if (ended_) return std::nullopt;
  std::optional<TimePoint> first = bindings_.next_expiry();
  const auto consider = [&first](TimePoint when) { first = first ? std::min(*first, when) : when; };
  if (exchange_.under_way()) {
    consider(*exchange_.deadline());
  } else {
    consider(client_ ? std::max(bindings_.next_due(), resume_.value_or(TimePoint{})) : resume_.value_or(TimePoint{}));
  }
  return first;
}

void Session::send(Errand errand, wire::Message request, TimePoint now, Actions& out) {
  errand_ = std::move(errand);
  exchange_.begin(std::move(request), now);
  out.emplace_back(Transmit{exchange_.outgoing()});
}

/// Sends the next request, if one is due and none is under way.
void Session::proceed(TimePoint now, Actions& out) {
  if (ended_ || exchange_.under_way()) return;
  if (resume_ && now >= *resume_) resume_.reset();
  if (!client_) {
    if (resume_) {
      fail_commands(NotRegistered{}, out);
    } else {
      register_host(now, out);
    }
    return;
  }
  const Binding* binding = resume_ ? nullptr : bindings_.due(now);
  if (binding != nullptr) {
    ask_about(*binding, now, out);
  } else {
    serve(now, out);
  }
}

void Session::register_host(TimePoint now, Actions& out) {
  send(Registering{}, wire::RegisterRequest{}, now, out);
}

/// Removes a registration that the gateway has, or that we believed in, before a new one.
void Session::clear(ClientId client, TimePoint now, Actions& out) {
  client_.reset();
  ++clearings_;
  wire::DeregisterRequest request;
  request.client = client;
  send(Clearing{}, std::move(request), now, out);
}

void Session::registration_is_lost(TimePoint now, Actions& out) {
  bindings_.all_lost(now);
  clear(*client_, now, out);
}

void Session::leave(EndReason reason, TimePoint now, Actions& out) {
  reason_ = std::move(reason);
  const bool held = !bindings_.grants().empty();
  bindings_.clear();
  if (held) out.emplace_back(Withdraw{});
  if (const auto* serving = std::get_if<Serving>(&errand_)) {
    out.emplace_back(Answered{serving->command.id, Failure(SessionOver{})});
  }
  fail_commands(SessionOver{}, out);
  exchange_.abandon();
  if (!client_) {
    end(out);
    return;
  }
  wire::DeregisterRequest request;
  request.client = *client_;
  send(Leaving{}, std::move(request), now, out);
}

void Session::end(Actions& out) {
  ended_ = true;
  client_.reset();
  out.emplace_back(Ended{reason_});
}

void Session::pause(TimePoint now, Actions& out) {
  clearings_ = 0;
  resume_ = backoff_.again(now);
  out.emplace_back(Notice{"trying the gateway again in " + std::to_string(backoff_.pause().count()) + " s"});
}

/// The first lease still runs, so the gateway gets another chance; else the session ends.
void Session::unanswered(TimePoint now, Actions& out) {
  const Errand errand = std::exchange(errand_, Nothing{});
  const MessageType request = wire::type_of(exchange_.request());
  if (std::holds_alternative<Leaving>(errand)) {
    end(out);
    return;
  }
  if (const auto* unused = std::get_if<GivingBack>(&errand); unused != nullptr && unused->then) {
    leave(*unused->then, now, out);
    return;
  }
  if (const auto* serving = std::get_if<Serving>(&errand)) {
    out.emplace_back(Answered{serving->command.id, Failure(NoAnswer{request})});
    bindings_.first().due = now;  // whether the gateway still knows us
  }
  if (!held()) {
    leave(NoAnswer{request}, now, out);
    return;
  }
  out.emplace_back(Notice{"no answer to " + std::string(wire::name(request))});
  pause(now, out);
}

void Session::asynchronous(const wire::Message& message, TimePoint now, Actions& out) {
  if (const auto* error = std::get_if<wire::ErrorResponse>(&message)) {
    out.emplace_back(Notice{explain_report(*error)});
    return;
  }
  if (const auto* gone = std::get_if<wire::DeregisterResponse>(&message)) {
    // One that names a client ID of before "has no meaning to the host" (RFC 3103 section 10.2.1).
    if (gone->client != client_ || std::holds_alternative<Leaving>(errand_)) return;
    client_.reset();
    leave(Revoked{MessageType::deregister_response}, now, out);
    return;
  }
  if (const auto* freed = std::get_if<wire::FreeResponse>(&message)) {
    const Binding* binding = bindings_.find(freed->bind, freed->client);
    if (binding == nullptr || freed->client != client_ || binding->held->grant.client != client_) return;
    if (bindings_.is_first(*binding)) {
      leave(Revoked{MessageType::free_response}, now, out);
    } else {
      drop(*binding, "the gateway ended it (FREE_RESPONSE)", out);
    }
  }
}

void Session::answer(const Nothing& /*errand*/, const wire::Message& /*message*/, TimePoint /*now*/, Actions& /*out*/) {
}

/// "will generate another error, but this error SHOULD be ignored" (RFC 3103 section 10.2.2)
void Session::answer(const Clearing& /*errand*/, const wire::Message& /*message*/, TimePoint /*now*/,
                     Actions& /*out*/) {}

void Session::answer(const Registering& /*errand*/, const wire::Message& message, TimePoint now, Actions& out) {
  if (const auto* response = std::get_if<wire::RegisterResponse>(&message)) {
    client_ = response->client;
    bindings_.all_lost(now);
    return;
  }
  const auto& error = std::get<wire::ErrorResponse>(message);
  if (error.error == ErrorCode::already_registered && error.client && clearings_ < max_clearings) {
    out.emplace_back(Notice{"the gateway still has an earlier registration of this host; removing it"});
    clear(*error.client, now, out);
    return;
  }
  if (!held() || !may_pass(error.error)) {
    leave(Refused{error.error, MessageType::register_request}, now, out);
    return;
  }
  out.emplace_back(Notice{"the gateway refused REGISTER_REQUEST (" + words(error.error) + ")"});
  pause(now, out);
}

void Session::answer(const GivingBack& errand, const wire::Message& /*message*/, TimePoint now, Actions& out) {
  if (errand.then) leave(*errand.then, now, out);
}

/// Whatever it says, we are not registered any more.
void Session::answer(const Leaving& /*errand*/, const wire::Message& /*message*/, TimePoint /*now*/, Actions& out) {
  end(out);
}

}  // namespace rsip::host
