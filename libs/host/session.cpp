// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/session.hpp"

#include <algorithm>

#include "wire/codec.hpp"

namespace rsip::host {
namespace {

using wire::ErrorCode;
using wire::MessageType;

constexpr std::chrono::seconds first_pause{1};
constexpr std::chrono::seconds longest_pause{60};
constexpr unsigned max_clearings = 3;

/// The gateway and we do not agree about our registration or binding (RFC 3103 section 10.2.2, 9.12.3).
bool out_of_step(ErrorCode code) {
  return code == ErrorCode::register_first || code == ErrorCode::bad_client_id || code == ErrorCode::bad_bind_id;
}

/// What was asked for by name is not to be had; something else may be.
bool about_choice(ErrorCode code) {
  switch (code) {
    case ErrorCode::local_addr_unavailable:
    case ErrorCode::local_addrport_unavailable:
    case ErrorCode::local_addr_inuse:
    case ErrorCode::local_addrport_inuse:
    case ErrorCode::local_addr_unallowed:
    case ErrorCode::local_addrport_unallowed:
    case ErrorCode::ipsec_spi_unavailable:
    case ErrorCode::ipsec_spi_inuse:
      return true;
    default:
      return false;
  }
}

/// "the host may try again later" (RFC 3103 appendix A)
bool may_pass(ErrorCode code) {
  return code == ErrorCode::local_addr_unavailable || code == ErrorCode::local_addrport_unavailable ||
         code == ErrorCode::ipsec_spi_unavailable || code == ErrorCode::internal_server_error ||
         code == ErrorCode::unknown_error || code == ErrorCode::already_registered || out_of_step(code);
}

std::string words(ErrorCode code) {
  return std::string(wire::name(code));
}

}  // namespace

Actions Session::start(TimePoint now) {
  Actions out;
  register_host(now, out);
  return out;
}

Actions Session::stop(TimePoint now) {
  Actions out;
  if (state_ != State::leaving && state_ != State::ended) leave(Stopped{}, now, out);
  return out;
}

Actions Session::received(std::span<const std::uint8_t> bytes, TimePoint now) {
  Actions out;
  const tl::expected<wire::Message, wire::DecodeError> message = wire::decode(bytes);
  if (!message || state_ == State::ended) return out;
  switch (exchange_.arrived(*message, now)) {
    case Arrival::answer:
      answer(*message, now, out);
      break;
    case Arrival::asynchronous:
      asynchronous(*message, now, out);
      break;
    case Arrival::stale:
      out.emplace_back(Transmit{exchange_.outgoing()});
      break;
    case Arrival::ignored:
      break;
  }
  return out;
}

Actions Session::connection_failed(TimePoint now) {
  Actions out;
  if (exchange_.under_way()) {
    exchange_.abandon();
    unanswered(now, out);
  } else if (state_ == State::bound) {
    // The registration belongs to this host's address, not to the connection. But a gateway that was restarted has
    // forgotten it, and we would learn that only at half the lease: ask soon.
    out.emplace_back(Notice{"the connection to the gateway was closed"});
    try_later(Next::extending, now, out);
  }
  return out;
}

Actions Session::tick(TimePoint now) {
  Actions out;
  if (state_ == State::ended) return out;
  if (held_ && now >= held_->expires) {
    leave(Expired{}, now, out);
    return out;
  }
  switch (exchange_.tick(now)) {
    case Due::retransmit:
      out.emplace_back(Transmit{exchange_.outgoing()});
      return out;
    case Due::gave_up:
      out.emplace_back(Disconnect{});
      unanswered(now, out);
      return out;
    case Due::nothing:
      break;
  }
  if (state_ == State::bound && now >= held_->renew) extend(now, out);
  if (state_ == State::waiting && now >= retry_) {
    switch (next_) {
      case Next::registering:
        register_host(now, out);
        break;
      case Next::assigning:
        assign(now, out);
        break;
      case Next::extending:
        extend(now, out);
        break;
    }
  }
  return out;
}

std::optional<TimePoint> Session::deadline() const {
  std::optional<TimePoint> first = exchange_.deadline();
  const auto consider = [&first](TimePoint when) { first = first ? std::min(*first, when) : when; };
  if (held_) consider(held_->expires);
  if (state_ == State::bound) consider(held_->renew);
  if (state_ == State::waiting) consider(retry_);
  return first;
}

void Session::send(State state, wire::Message request, TimePoint now, Actions& out) {
  state_ = state;
  exchange_.begin(std::move(request), now);
  out.emplace_back(Transmit{exchange_.outgoing()});
}

void Session::register_host(TimePoint now, Actions& out) {
  client_.reset();
  send(State::registering, wire::RegisterRequest{}, now, out);
}

/// Removes a registration that the gateway has, or that we believed in, before a new one.
void Session::clear(ClientId client, TimePoint now, Actions& out) {
  client_.reset();
  ++clearings_;
  wire::DeregisterRequest request;
  request.client = client;
  send(State::clearing, std::move(request), now, out);
}

void Session::assign(TimePoint now, Actions& out) {
  send(State::assigning, assign_request(*client_, wish_, suggest_ ? &held_->grant : nullptr), now, out);
}

void Session::extend(TimePoint now, Actions& out) {
  wire::ExtendRequest request;
  request.client = *client_;
  request.bind = held_->grant.bind;
  request.lease = wish_.lease;
  send(State::extending, std::move(request), now, out);
}

void Session::leave(EndReason reason, TimePoint now, Actions& out) {
  reason_ = std::move(reason);
  if (held_) out.emplace_back(Withdraw{});
  held_.reset();
  exchange_.abandon();
  if (!client_) {
    end(out);
    return;
  }
  wire::DeregisterRequest request;
  request.client = *client_;
  send(State::leaving, std::move(request), now, out);
}

void Session::end(Actions& out) {
  state_ = State::ended;
  held_.reset();
  client_.reset();
  out.emplace_back(Ended{reason_});
}

/// The lease still runs, so the gateway gets another chance, after pauses of 1, 2, 4 ... 60 s.
void Session::try_later(Next next, TimePoint now, Actions& out) {
  clearings_ = 0;
  if (now - last_failure_ > 2 * longest_pause) failures_ = 0;
  last_failure_ = now;
  const auto doubled = first_pause * (1U << std::min(failures_, 6U));
  ++failures_;
  const std::chrono::nanoseconds pause = std::min(doubled, longest_pause);
  retry_ = now + pause +
           std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(pause.count()) * spread_ / 2));
  state_ = State::waiting;
  next_ = next;
  out.emplace_back(Notice{"trying the gateway again in " + std::to_string(pause / std::chrono::seconds(1)) + " s"});
}

void Session::answer(const wire::Message& message, TimePoint now, Actions& out) {
  switch (state_) {
    case State::clearing:  // "will generate another error, but this error SHOULD be ignored" (section 10.2.2)
      register_host(now, out);
      return;
    case State::registering:
      answer_in_registering(message, now, out);
      return;
    case State::assigning:
      answer_in_assigning(message, now, out);
      return;
    case State::extending:
      answer_in_extending(message, now, out);
      return;
    case State::freeing:
      leave(reason_, now, out);
      return;
    case State::leaving:  // whatever it says, we are not registered any more
      end(out);
      return;
    case State::idle:
    case State::bound:
    case State::waiting:
    case State::ended:
      return;
  }
}

void Session::answer_in_registering(const wire::Message& message, TimePoint now, Actions& out) {
  if (const auto* response = std::get_if<wire::RegisterResponse>(&message)) {
    client_ = response->client;
    suggest_ = held_.has_value();
    assign(now, out);
    return;
  }
  const auto& error = std::get<wire::ErrorResponse>(message);
  if (error.error == ErrorCode::already_registered && error.client && clearings_ < max_clearings) {
    out.emplace_back(Notice{"the gateway still has an earlier registration of this host; removing it"});
    clear(*error.client, now, out);
    return;
  }
  refused(error.error, now, out);
}

void Session::answer_in_assigning(const wire::Message& message, TimePoint now, Actions& out) {
  if (const auto* response = std::get_if<wire::AssignResponseRsipsec>(&message)) {
    granted(understand(*response, wish_), response->bind, now, out);
  } else if (const auto* plain = std::get_if<wire::AssignResponseRsapIp>(&message)) {
    granted(understand(*plain, wish_), plain->bind, now, out);
  } else if (const auto& error = std::get<wire::ErrorResponse>(message); suggest_ && about_choice(error.error)) {
    out.emplace_back(Notice{"the gateway no longer has what this host held (" + words(error.error) + ")"});
    suggest_ = false;
    assign(now, out);
  } else {
    refused(error.error, now, out);
  }
}

void Session::granted(const tl::expected<Grant, std::string>& grant, BindId bind, TimePoint now, Actions& out) {
  if (!grant || grant->client != *client_) {
    // "it SHOULD send a FREE_REQUEST with the bind ID" (RFC 3103 section 9.9.3)
    reason_ = NotUnderstood{grant ? "another host's client ID" : grant.error()};
    wire::FreeRequest request;
    request.client = *client_;
    request.bind = bind;
    send(State::freeing, std::move(request), now, out);
    return;
  }
  const TimePoint start = exchange_.first_sent();
  held_ = Held{*grant, start + grant->lease, start + std::chrono::nanoseconds(grant->lease) / 2};
  clearings_ = 0;
  state_ = State::bound;
  out.emplace_back(Granted{*grant});
}

void Session::answer_in_extending(const wire::Message& message, TimePoint now, Actions& out) {
  if (const auto* response = std::get_if<wire::ExtendResponse>(&message)) {
    if (response->client != *client_ || response->bind != held_->grant.bind) {
      out.emplace_back(Notice{"the gateway extended another lease than this host's"});
      try_later(Next::extending, now, out);
      return;
    }
    const TimePoint start = exchange_.first_sent();
    held_->grant.lease = response->lease;
    held_->expires = start + response->lease;
    held_->renew = start + std::chrono::nanoseconds(response->lease) / 2;
    state_ = State::bound;
    out.emplace_back(Extended{});
    return;
  }
  const ErrorCode code = std::get<wire::ErrorResponse>(message).error;
  if (out_of_step(code)) {
    out.emplace_back(Notice{"the gateway no longer knows this host's lease (" + words(code) + "); registering anew"});
    clear(*client_, now, out);
    return;
  }
  out.emplace_back(Notice{"the gateway did not extend the lease (" + words(code) + ")"});
  try_later(Next::extending, now, out);
}

/// REGISTER or ASSIGN got an error that leaves nothing else to ask for.
void Session::refused(ErrorCode code, TimePoint now, Actions& out) {
  const MessageType request = wire::type_of(exchange_.request());
  if (held_ && may_pass(code)) {
    out.emplace_back(Notice{"the gateway refused " + std::string(wire::name(request)) + " (" + words(code) + ")"});
    const bool registered = client_ && !out_of_step(code);
    try_later(registered ? Next::assigning : Next::registering, now, out);
    return;
  }
  leave(Refused{code, request}, now, out);
}

void Session::unanswered(TimePoint now, Actions& out) {
  const MessageType request = wire::type_of(exchange_.request());
  if (state_ == State::leaving) {
    end(out);
    return;
  }
  if (state_ == State::freeing) {
    leave(reason_, now, out);
    return;
  }
  if (!held_) {
    leave(NoAnswer{request}, now, out);
    return;
  }
  out.emplace_back(Notice{"no answer to " + std::string(wire::name(request))});
  const bool assigning = state_ == State::assigning;
  try_later(state_ == State::extending ? Next::extending : assigning ? Next::assigning : Next::registering, now, out);
}

void Session::asynchronous(const wire::Message& message, TimePoint now, Actions& out) {
  if (const auto* error = std::get_if<wire::ErrorResponse>(&message)) {
    out.emplace_back(Notice{"the gateway reports " + words(error->error)});
    return;
  }
  if (const auto* gone = std::get_if<wire::DeregisterResponse>(&message)) {
    // One that names a client ID of before "has no meaning to the host" (RFC 3103 section 10.2.1).
    if (!client_ || gone->client != *client_ || state_ == State::leaving) return;
    client_.reset();
    leave(Revoked{MessageType::deregister_response}, now, out);
    return;
  }
  if (const auto* freed = std::get_if<wire::FreeResponse>(&message)) {
    if (!client_ || !held_ || freed->client != held_->grant.client || freed->bind != held_->grant.bind) return;
    leave(Revoked{MessageType::free_response}, now, out);
  }
}

}  // namespace rsip::host
