// SPDX-License-Identifier: GPL-2.0-or-later
// What the gateway says about bindings: Session's answers to ASSIGN, LISTEN and EXTEND requests of its own.
#include "host/session.hpp"
#include "host/verdict.hpp"

namespace rsip::host {

using wire::ErrorCode;

void Session::ask_about(const Binding& binding, TimePoint now, Actions& out) {
  if (binding.need == Binding::Need::assign) {
    const Grant* old = binding.suggest ? &binding.held->grant : nullptr;
    send(Assigning{binding.serial}, assign_request(*client_, binding.wish, old), now, out);
    return;
  }
  wire::ExtendRequest request;
  request.client = *client_;
  request.bind = binding.held->grant.bind;
  request.lease = binding.wish.lease;
  send(Extending{binding.serial}, std::move(request), now, out);
}

/// The grant in a response to a request for `wish`, or why it cannot be used.
tl::expected<Grant, std::string> Session::grant_in(const wire::Message& message, const Wish& wish) const {
  tl::expected<Grant, std::string> grant = understand(message, wish);
  if (grant && grant->client != client_) return tl::unexpected<std::string>("another host's client ID");
  return grant;
}

void Session::answer(const Assigning& errand, const wire::Message& message, TimePoint now, Actions& out) {
  Binding* binding = bindings_.find(errand.binding);
  const std::optional<GrantIds> granted = grant_ids(message);
  if (binding == nullptr) {  // revoked or expired meanwhile
    if (granted) give_back(granted->bind, std::nullopt, now, out);
    return;
  }
  if (!granted) {
    not_assigned(*binding, std::get<wire::ErrorResponse>(message).error, now, out);
    return;
  }
  tl::expected<Grant, std::string> grant = grant_in(message, binding->wish);
  if (!grant) {
    const std::optional<EndReason> then =
        bindings_.is_first(*binding) ? std::optional<EndReason>(NotUnderstood{grant.error()}) : std::nullopt;
    if (!then) drop(*binding, "the gateway granted " + grant.error(), out);
    give_back(granted->bind, then, now, out);
    return;
  }
  clearings_ = 0;
  Bindings::hold(*binding, held_since(*grant, exchange_.first_sent()));
  out.emplace_back(Granted{*grant});
}

/// An error that leaves nothing else to ask for ends the binding, and the session if it is the first.
void Session::not_assigned(Binding& binding, ErrorCode code, TimePoint now, Actions& out) {
  const wire::MessageType request = wire::type_of(exchange_.request());
  const std::string refusal = "the gateway refused " + std::string(wire::name(request)) + " (" + words(code) + ")";
  if (bindings_.is_first(binding)) {
    if (binding.suggest && about_choice(code)) {
      out.emplace_back(Notice{"the gateway no longer has what this host held (" + words(code) + ")"});
      binding.suggest = false;
      return;
    }
    if (!binding.held || !may_pass(code)) {
      leave(Refused{code, request}, now, out);
      return;
    }
  } else if (about_choice(code) || !may_pass(code)) {
    drop(binding, refusal, out);
    return;
  }
  out.emplace_back(Notice{refusal});
  if (registration_lost(code)) {
    client_.reset();
    pause(now, out);
  } else {
    binding.due = binding.backoff.again(now);
  }
}

void Session::answer(const Extending& errand, const wire::Message& message, TimePoint now, Actions& out) {
  Binding* binding = bindings_.find(errand.binding);
  if (const auto* response = std::get_if<wire::ExtendResponse>(&message)) {
    if (binding == nullptr) return;  // revoked meanwhile
    Grant grant = binding->held->grant;
    if (response->client != client_ || response->bind != grant.bind) {
      out.emplace_back(Notice{"the gateway extended another lease than this host's"});
      binding->due = binding->backoff.again(now);
      return;
    }
    grant.lease = response->lease;
    Bindings::hold(*binding, held_since(grant, exchange_.first_sent()));
    out.emplace_back(Extended{std::move(grant)});
    return;
  }
  const ErrorCode code = std::get<wire::ErrorResponse>(message).error;
  if (registration_lost(code)) {
    out.emplace_back(Notice{"the gateway no longer knows this host (" + words(code) + "); registering anew"});
    registration_is_lost(now, out);
    return;
  }
  if (binding == nullptr) return;
  if (code == ErrorCode::bad_bind_id) {
    out.emplace_back(Notice{"the gateway no longer has the lease of " + to_string(binding->held->grant.address) + " (" +
                            words(code) + "); asking for it again"});
    Bindings::lost(*binding, now);
    return;
  }
  out.emplace_back(Notice{"the gateway did not extend the lease (" + words(code) + ")"});
  binding->due = binding->backoff.again(now);
}

/// Ends what ran out before it could be renewed.
void Session::expire(TimePoint now, Actions& out) {
  while (const Binding* binding = bindings_.expired(now)) {
    if (bindings_.is_first(*binding)) {
      leave(Expired{}, now, out);
      return;
    }
    drop(*binding, "its lease ended and could not be renewed", out);
  }
}

/// Ends one binding other than the first.
void Session::drop(const Binding& binding, const std::string& why, Actions& out) {
  const Grant& grant = binding.held->grant;
  out.emplace_back(
      Notice{"binding " + std::to_string(number(grant.bind)) + " of " + to_string(grant.address) + " is gone: " + why});
  bindings_.remove(binding.serial);
  out.emplace_back(Withdraw{});
}

/// "it SHOULD send a FREE_REQUEST with the bind ID" (RFC 3103 section 9.9.3)
void Session::give_back(BindId bind, std::optional<EndReason> then, TimePoint now, Actions& out) {
  wire::FreeRequest request;
  request.client = *client_;
  request.bind = bind;
  send(GivingBack{std::move(then)}, std::move(request), now, out);
}

}  // namespace rsip::host
