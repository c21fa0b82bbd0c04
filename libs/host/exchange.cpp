// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/exchange.hpp"

#include <variant>

#include "wire/codec.hpp"

namespace rsip::host {
namespace {

wire::MessageType response_to(wire::MessageType request) {
  switch (request) {
    case wire::MessageType::register_request:
      return wire::MessageType::register_response;
    case wire::MessageType::deregister_request:
      return wire::MessageType::deregister_response;
    case wire::MessageType::assign_request_rsa_ip:
      return wire::MessageType::assign_response_rsa_ip;
    case wire::MessageType::assign_request_rsap_ip:
      return wire::MessageType::assign_response_rsap_ip;
    case wire::MessageType::assign_request_rsipsec:
      return wire::MessageType::assign_response_rsipsec;
    case wire::MessageType::extend_request:
      return wire::MessageType::extend_response;
    case wire::MessageType::free_request:
      return wire::MessageType::free_response;
    case wire::MessageType::query_request:
      return wire::MessageType::query_response;
    case wire::MessageType::listen_request:
      return wire::MessageType::listen_response;
    default:
      return wire::MessageType::error_response;  // we send no other request
  }
}

/// Errors that say how the host's packets misbehaved (RFC 3103 section 10.4). A request that asks for no resource
/// cannot have caused them.
bool about_traffic(wire::ErrorCode code) {
  switch (code) {
    case wire::ErrorCode::local_addr_unallowed:
    case wire::ErrorCode::local_addrport_unallowed:
    case wire::ErrorCode::remote_addr_unallowed:
    case wire::ErrorCode::remote_addrport_unallowed:
    case wire::ErrorCode::bad_tunnel_type:
      return true;
    default:
      return false;
  }
}

bool asks_for_resources(wire::MessageType request) {
  switch (request) {
    case wire::MessageType::assign_request_rsa_ip:
    case wire::MessageType::assign_request_rsap_ip:
    case wire::MessageType::assign_request_rsipsec:
    case wire::MessageType::listen_request:
      return true;
    default:
      return false;
  }
}

/// Whether a message could be the answer to `request`, going by its type. A FREE_RESPONSE may also come without a
/// request, for any binding, so it must name the one that is being freed.
bool fits(const wire::Message& request, const wire::Message& message) {
  const wire::MessageType type = wire::type_of(request);
  if (const auto* error = std::get_if<wire::ErrorResponse>(&message)) {
    return asks_for_resources(type) || !about_traffic(error->error);
  }
  if (const auto* freed = std::get_if<wire::FreeResponse>(&message)) {
    const auto* free = std::get_if<wire::FreeRequest>(&request);
    return free != nullptr && free->bind == freed->bind;
  }
  return wire::type_of(message) == response_to(type);
}

std::optional<Counter> counter_of(const wire::Message& message) {
  return std::visit([](const wire::Common& common) { return common.counter; }, message);
}

}  // namespace

void Exchange::begin(wire::Message request, TimePoint now) {
  if (answered_ || !(request == request_)) first_sent_ = now;
  answered_ = false;
  request_ = std::move(request);
  const Patience& patience = protocol_ == Protocol::udp ? udp_patience : tcp_patience;
  timeout_ = patience.first_timeout;
  attempts_left_ = patience.attempts;
  arm(now);
}

void Exchange::arm(TimePoint now) {
  --attempts_left_;
  deadline_ = now + timeout_;
  timeout_ *= 2;
}

Due Exchange::tick(TimePoint now) {
  if (!deadline_ || now < *deadline_) return Due::nothing;
  if (attempts_left_ == 0) {
    deadline_.reset();
    return Due::gave_up;
  }
  arm(now);
  return Due::retransmit;
}

Arrival Exchange::arrived(const wire::Message& message, TimePoint now) {
  const std::optional<Counter> counter = counter_of(message);
  if (counter && number(*counter) == 0) return Arrival::asynchronous;
  if (protocol_ == Protocol::tcp) {
    if (!under_way() || !fits(request_, message)) return Arrival::asynchronous;
  } else {
    if (answered_ || !counter || number(*counter) != counter_) return Arrival::ignored;
    counter_ = next_counter(counter_);
    if (!under_way()) {  // too late: the request was given up on
      answered_ = true;
      return Arrival::ignored;
    }
    if (!fits(request_, message)) {
      begin(std::move(request_), now);
      first_sent_ = now;
      return Arrival::stale;
    }
  }
  answered_ = true;
  deadline_.reset();
  return Arrival::answer;
}

std::vector<std::uint8_t> Exchange::outgoing() const {
  wire::Message message = request_;
  if (protocol_ == Protocol::udp) {
    std::visit([this](wire::Common& common) { common.counter = Counter{counter_}; }, message);
  }
  return wire::encode(message);
}

}  // namespace rsip::host
