// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/gateway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "gateway/assignment.hpp"
#include "gateway/error.hpp"
#include "gateway/error_table.hpp"
#include "gateway/steering.hpp"
#include "wire/codec.hpp"

namespace rsip::gateway {

namespace {

using wire::ErrorCode;

Bytes encode_with_counter(wire::Message message, std::optional<Counter> counter) {
  std::visit([counter](auto& any) { any.counter = counter; }, message);
  return wire::encode(message);
}

auth::Ends ends_of(const Peer& peer) {
  return {peer.host, peer.gateway};
}

store::Session session_of(const Peer& peer) {
  return {peer.transport == Transport::udp, peer.port, peer.gateway, static_cast<std::uint32_t>(peer.endpoint)};
}

/// What only gateways send: odd numbers, as the requests have the even ones (RFC 3103 appendix B, RFC 3104 appendix C).
bool is_response(const wire::Message& message) {
  return static_cast<unsigned>(wire::type_of(message)) % 2 == 1;
}

/// Messages that start or end a session, and therefore may carry any counter.
bool starts_session(const wire::Message& message) {
  return std::holds_alternative<wire::RegisterRequest>(message) ||
         std::holds_alternative<wire::DeregisterRequest>(message);
}

}  // namespace

Gateway::Gateway(Policy policy, lease::Config config, lease::Random random, Kernel& kernel)
    : policy_(std::move(policy)),
      leases_(std::move(config), std::move(random)),
      kernel_(kernel),
      tunnels_(kernel),
      sole_steering_(leases_, tunnels_),
      sessions_(leases_.config().max_hosts),
      last_answers_(std::size_t{2} * leases_.config().max_hosts) {}

std::optional<Bytes> Gateway::handle(const Peer& peer, std::span<const std::uint8_t> message, lease::Time now,
                                     std::span<const Ipv4> resolved) {
  using Verdict = Authenticator::Verdict;
  Authenticator::Check proof = authenticator_.check(ends_of(peer), message);
  if (proof.verdict == Verdict::not_required) return serve(peer, message, false, now, resolved);
  // TCP retransmits by itself: over it, the same message once more is not the host's doing.
  const bool repeated = proof.verdict == Verdict::repeated;
  if (repeated && peer.transport == Transport::tcp) proof.verdict = Verdict::replayed;
  if (const std::string_view why = cause(proof.verdict); !why.empty()) return deny(peer, message, why, now);
  if (store::Journal* journal = repeated ? nullptr : record()) {
    const std::span<const std::uint8_t> hmac = message.last(auth::hmac_size);
    journal->proven({peer.host, proof.stamp, {hmac.begin(), hmac.end()}});
  }
  const std::optional<Bytes> reply = serve(peer, message, repeated, now, resolved);
  if (!reply) return std::nullopt;
  return authenticator_.seal_answer(ends_of(peer), *reply, proof.stamp);
}

/// The answer to a message that may be anybody's. It is not sealed: nobody shall be able to collect sealed refusals.
std::optional<Bytes> Gateway::deny(const Peer& peer, std::span<const std::uint8_t> message, std::string_view cause,
                                   lease::Time now) {
  const tl::expected<wire::Message, wire::DecodeError> decoded = wire::decode(message);
  if (decoded && is_response(*decoded)) return std::nullopt;
  cause_ = cause;
  const Answer refusal = error(ErrorCode::registration_denied);
  notify_answered(peer.host, decoded ? std::optional(wire::type_of(*decoded)) : std::nullopt, refusal, now);
  const std::optional<Counter> counter =
      decoded ? std::visit([](const auto& any) { return any.counter; }, *decoded) : decoded.error().counter;
  return encode_with_counter(refusal, counter);
}

std::optional<Bytes> Gateway::serve(const Peer& peer, std::span<const std::uint8_t> message, bool repeated,
                                    lease::Time now, std::span<const Ipv4> resolved) {
  const tl::expected<wire::Message, wire::DecodeError> decoded = wire::decode(message);
  if (!decoded) {
    const Answer refusal = error(decoded.error().code, decoded.error().client);
    notify_answered(peer.host, std::nullopt, refusal, now);
    return encode_with_counter(refusal, decoded.error().counter);
  }
  if (is_response(*decoded)) return std::nullopt;  // an answer would make two gateways answer each other for ever

  const std::optional<Counter> counter = std::visit([](const auto& any) { return any.counter; }, *decoded);
  if (peer.transport == Transport::tcp) {
    const std::optional<Answer> reply = dispatch(peer, *decoded, now, resolved);
    if (!reply) return std::nullopt;
    return encode_with_counter(*reply, counter);
  }

  // RFC 3103 section 10.1: UDP loses and repeats; counters make a repeated request harmless.
  if (!counter) {
    const Answer refusal = error(ErrorCode::message_counter_required);
    notify_answered(peer.host, wire::type_of(*decoded), refusal, now);
    return encode_with_counter(refusal, std::nullopt);
  }
  const LastAnswers::Verdict verdict = last_answers_.check(peer.host, peer.port, *counter);
  if (verdict.seen == LastAnswers::Seen::duplicate) return *verdict.answer;
  if (verdict.seen == LastAnswers::Seen::stale && !starts_session(*decoded)) return std::nullopt;
  if (repeated) return std::nullopt;

  const std::optional<Answer> reply = dispatch(peer, *decoded, now, resolved);
  if (!reply) return std::nullopt;
  Bytes bytes = encode_with_counter(*reply, counter);
  if (policy_.may_register(peer.host)) {
    last_answers_.remember(peer.host, peer.port, *counter, bytes);
    if (store::Journal* journal = record()) journal->answered({peer.host, peer.port, *counter, bytes});
  }
  return bytes;
}

std::optional<Gateway::Answer> Gateway::dispatch(const Peer& peer, const wire::Message& message, lease::Time now,
                                                 std::span<const Ipv4> resolved) {
  std::optional<Answer> reply;
  if (const std::optional<ErrorCode> code = check_transport(peer, message)) {
    reply = error(*code);
  } else {
    hear(peer);
    reply = serve_request(peer, message, now, resolved);
  }
  if (reply) notify_answered(peer.host, wire::type_of(message), *reply, now);
  return reply;
}

std::optional<Gateway::Answer> Gateway::serve_request(const Peer& peer, const wire::Message& message, lease::Time now,
                                                      std::span<const Ipv4> resolved) {
  if (suspended_ && !std::holds_alternative<wire::QueryRequest>(message)) {
    cause_ = "no-journal";
    return error(ErrorCode::internal_server_error);
  }
  return std::visit(
      [&](const auto& any) -> std::optional<Answer> {
        if constexpr (requires { this->answer(peer, any, now, resolved); }) {
          return answer(peer, any, now, resolved);
        } else if constexpr (requires { this->answer(peer, any, now); }) {
          return answer(peer, any, now);
        } else {
          return std::nullopt;  // a response
        }
      },
      message);
}

void Gateway::hear(const Peer& peer) {
  sessions_.heard(peer);
  if (sessions_.find(peer.host) != nullptr || leases_.find(peer.host) == nullptr) return;
  sessions_.begin(peer);
  if (store::Journal* journal = record()) journal->heard(peer.host, session_of(peer));
}

/// RFC 3103 section 5: no switching for the duration of the registration. A host that was restarted may come back over
/// the other transport, learn its client ID from ALREADY_REGISTERED and de-register.
std::optional<ErrorCode> Gateway::check_transport(const Peer& peer, const wire::Message& message) const {
  const Peer* session = sessions_.find(peer.host);
  if (session == nullptr || session->transport == peer.transport || starts_session(message)) return std::nullopt;
  return peer.transport == Transport::udp ? ErrorCode::use_tcp : ErrorCode::unknown_error;
}

std::optional<std::string> Gateway::name_to_resolve(const Peer& peer, std::span<const std::uint8_t> message) const {
  if (leases_.find(peer.host) == nullptr) return std::nullopt;
  const tl::expected<wire::Message, wire::DecodeError> decoded = wire::decode(message);
  if (!decoded) return std::nullopt;
  const std::optional<std::string> name = std::visit(
      [&](const auto& any) -> std::optional<std::string> {
        if constexpr (requires { kind_of(any); }) {
          const auto* fqdn = std::get_if<wire::Fqdn>(&any.remote);
          const bool counts =
              fqdn != nullptr && remote_policy_for(peer.host, kind_of(any), any.remote) != wire::RemotePolicy::none;
          if (counts) return fqdn->name;
        }
        return std::nullopt;
      },
      *decoded);
  return name && authenticator_.is_proven(ends_of(peer), message) ? name : std::nullopt;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::RegisterRequest& /*request*/, lease::Time now) {
  if (!policy_.may_register(peer.host)) {
    cause_ = "policy";
    return error(ErrorCode::registration_denied);
  }
  const lease::Granted<const lease::Registration*> made = leases_.register_host(peer.host, now);
  if (!made) {
    const lease::Registration* present = leases_.find(peer.host);
    // RFC 3103 section 9.2.3: the host learns its client ID, so that a host that lost it can de-register.
    return error(error_code(made.error()), present == nullptr ? std::nullopt : std::optional(present->client));
  }
  const lease::Registration& registration = **made;
  sessions_.begin(peer);
  if (store::Journal* journal = record()) journal->registered(registration, session_of(peer));
  notify({.kind = Event::Kind::registered, .at = now, .host = peer.host, .client = registration.client});

  wire::RegisterResponse response;
  response.client = registration.client;
  response.lease = leases_.config().registration_lease;
  response.policy = policy_.flow_policy(peer.host);
  response.methods = {wire::Method::rsap_ip};
  if (offers_whole_addresses(peer.host)) response.methods.push_back(wire::Method::rsa_ip);
  // RFC 3104 section 6.
  if (policy_.may_use_ipsec(peer.host)) response.methods.push_back(wire::Method::rsipsec);
  response.tunnels = policy_.tunnels;
  return response;
}

/// RFC 3103 section 7.1: local micro-flow policy cannot be used with RSA-IP.
bool Gateway::offers_whole_addresses(Ipv4 host) const {
  return !leases_.config().exclusive_pool.empty() && policy_.flow_policy(host).local == wire::LocalPolicy::macro;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::DeregisterRequest& request, lease::Time now) {
  const auto found = leases_.registration(peer.host, request.client);
  if (!found) {
    // RFC 3103 section 9.4.3 and appendix A: the one who was registered is told so.
    const bool again = found.error() == lease::Refusal::not_registered && sessions_.was(peer.host, request.client);
    return error(again ? ErrorCode::already_unregistered : error_code(found.error()), request.client);
  }

  if (const Result<void> done = end_registration(**found, End::deregistered, now); !done) {
    spdlog::error("de-register host={} failed: {}", to_string(peer.host), done.error().text());
    return error(ErrorCode::internal_server_error, request.client);
  }

  wire::DeregisterResponse response;
  response.client = request.client;
  return response;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::ExtendRequest& request, lease::Time now) {
  const auto found = leases_.registration(peer.host, request.client);
  if (!found) return error(error_code(found.error()), request.client);
  const auto binding = leases_.binding(**found, request.bind, now);
  if (!binding) return error(error_code(binding.error()), request.client, request.bind);

  const LeaseTime granted = leases_.granted_lease(request.lease);
  steer::Transaction changes;
  extend_steering(changes, tunnels_.find(peer.host, (*binding)->tunnel)->device, **found, **binding, now + granted,
                  now);
  sole_steering_.extend(changes, **found, **binding, now + granted, now);
  if (const Result<void> done = commit(changes); !done) {
    spdlog::error("extension failed host={} client={} bind={}: {}", to_string(peer.host), number(request.client),
                  number(request.bind), done.error().text());
    return error(ErrorCode::internal_server_error, request.client, request.bind);
  }
  leases_.extend(peer.host, request.bind, now + granted);
  if (store::Journal* journal = record()) journal->extended(**found, **binding);
  notify({.kind = Event::Kind::extended,
          .at = now,
          .host = peer.host,
          .client = request.client,
          .bind = request.bind,
          .binding = *binding});

  wire::ExtendResponse response;
  response.client = request.client;
  response.bind = request.bind;
  response.lease = granted;
  return response;
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::FreeRequest& request, lease::Time now) {
  const auto found = leases_.registration(peer.host, request.client);
  if (!found) return error(error_code(found.error()), request.client);
  const auto binding = leases_.binding(**found, request.bind, now);
  if (!binding) return error(error_code(binding.error()), request.client, request.bind);

  if (const Result<void> done = end_binding(**found, **binding, End::freed, now); !done) {
    spdlog::error("free failed host={} client={} bind={}: {}", to_string(peer.host), number(request.client),
                  number(request.bind), done.error().text());
    return error(ErrorCode::internal_server_error, request.client, request.bind);
  }

  wire::FreeResponse response;
  response.client = request.client;
  response.bind = request.bind;
  return response;
}

Result<void> Gateway::end_binding(const lease::Registration& registration, const lease::Binding& binding, End end,
                                  lease::Time now) {
  const Ipv4 host = registration.host;
  steer::Transaction changes;
  unsteer_binding(changes, tunnels_.find(host, binding.tunnel)->device, registration, binding, now);
  sole_steering_.end(changes, registration, binding, now);
  if (Result<void> done = commit(changes); !done) return done;
  const lease::Binding ended = binding;
  leases_.free(host, ended.id, now);
  if (store::Journal* journal = record()) journal->ended(host, ended.id, now);
  clear_up(host, ended);
  notify({.kind = Event::Kind::binding_ended,
          .at = now,
          .host = host,
          .client = registration.client,
          .bind = ended.id,
          .end = end,
          .binding = &ended});
  return {};
}

Result<void> Gateway::end_registration(const lease::Registration& registration, End end, lease::Time now) {
  const Ipv4 host = registration.host;
  steer::Transaction changes;
  unsteer_host(changes, tunnels_, registration, now);
  sole_steering_.end(changes, registration, now);
  if (Result<void> done = commit(changes); !done) return done;
  const std::map<BindId, lease::Binding> bindings = registration.bindings;
  const ClientId client = registration.client;
  leases_.deregister(host, now);
  sessions_.end(host, client);
  if (store::Journal* journal = record()) {
    for (const auto& [bind, binding] : bindings) journal->ended(host, bind, now);
    journal->deregistered(host);
  }
  for (const auto& [bind, binding] : bindings) release_address(host, binding);
  for (const auto& [bind, binding] : bindings) {
    release_tunnel(host, binding);
    notify({.kind = Event::Kind::binding_ended,
            .at = now,
            .host = host,
            .client = client,
            .bind = bind,
            .end = end,
            .binding = &binding});
  }
  notify({.kind = Event::Kind::registration_ended, .at = now, .host = host, .client = client, .end = end});
  return {};
}

Result<void> Gateway::revoke(Ipv4 host, std::optional<BindId> bind, lease::Time now) {
  if (suspended_) return failure(EROFS, "the journal cannot be written to", "see the log of rsipd");
  const lease::Registration* registration = leases_.find(host);
  if (registration == nullptr) return failure(ENOENT, "host " + to_string(host) + " is not registered");
  const ClientId client = registration->client;
  if (!bind) {
    wire::DeregisterResponse over;
    over.client = client;
    tell(host, over);  // while it is known where the host is
    if (Result<void> done = end_registration(*registration, End::revoked, now); !done) {
      unasked_.pop_back();
      return done;
    }
    return {};
  }
  const auto binding = leases_.binding(*registration, *bind, now);
  if (!binding) {
    return failure(ENOENT, "host " + to_string(host) + " has no binding " + std::to_string(number(*bind)));
  }
  if (Result<void> done = end_binding(*registration, **binding, End::revoked, now); !done) return done;
  wire::FreeResponse over;
  over.client = client;
  over.bind = *bind;
  tell(host, over);
  return {};
}

Result<void> Gateway::replace_address(Ipv4 former, Ipv4 address, lease::Time now) {
  if (suspended_) return failure(EROFS, "the journal cannot be written to", "see the log of rsipd");
  const lease::Config& config = leases_.config();
  if (std::ranges::find(config.pool, former) == config.pool.end()) return {};  // that was done
  for (const std::vector<Ipv4>* pool : {&config.pool, &config.exclusive_pool}) {
    if (std::ranges::find(*pool, address) == pool->end()) continue;
    return failure(EEXIST, "put " + to_string(address) + " in the place of " + to_string(former));
  }
  std::vector<std::pair<Ipv4, BindId>> ending;
  for (const auto& [host, registration] : leases_.registrations()) {
    for (const auto& [bind, binding] : registration.bindings) {
      if (binding.address == former) ending.emplace_back(host, bind);
    }
  }
  for (const auto& [host, bind] : ending) {
    const lease::Registration& registration = *leases_.find(host);
    if (Result<void> done = end_binding(registration, registration.bindings.at(bind), End::revoked, now); !done) {
      return done;
    }
    wire::FreeResponse over;
    over.client = registration.client;
    over.bind = bind;
    tell(host, over);
  }
  leases_.replace_address(former, address, now);
  return {};
}

Gateway::Answer Gateway::answer(const Peer& peer, const wire::QueryRequest& request, lease::Time now) {
  const auto found = leases_.registration(peer.host, request.client);
  if (!found) return error(error_code(found.error()), request.client);

  wire::QueryResponse response;
  response.client = request.client;
  if (locality_) response.tuples = locality_->answer(request.tuples, now);
  return response;
}

void Gateway::clear_up(Ipv4 host, const lease::Binding& ended) {
  release_address(host, ended);
  release_tunnel(host, ended);
}

bool Gateway::needed(Ipv4 host, const std::function<bool(const lease::Binding&)>& needs_it) const {
  const lease::Registration* registration = leases_.find(host);
  return registration != nullptr &&
         std::ranges::any_of(registration->bindings, [&](const auto& entry) { return needs_it(entry.second); });
}

bool Gateway::needs_address_otherwise(Ipv4 host, const lease::Binding& binding) const {
  return needed(host, [&binding](const lease::Binding& other) {
    return other.kind == lease::Kind::rsa_ip && other.address == binding.address && other.id != binding.id;
  });
}

void Gateway::release_address(Ipv4 host, const lease::Binding& ended) {
  const TunnelDevice* tunnel = tunnels_.find(host, ended.tunnel);
  if (ended.kind != lease::Kind::rsa_ip || tunnel == nullptr) return;
  if (needs_address_otherwise(host, ended)) return;
  if (const Result<void> done = kernel_.withdraw(ended.address, tunnel->device); !done) {
    spdlog::error("{}", done.error().text());
  }
}

void Gateway::release_tunnel(Ipv4 host, const lease::Binding& ended) {
  if (needed(host, [&ended](const lease::Binding& other) { return other.tunnel == ended.tunnel; })) return;
  tunnels_.retire(host, ended.tunnel);
}

void Gateway::tell(Ipv4 host, wire::Message message) {
  if (const Peer* to = sessions_.find(host)) tell(*to, std::move(message));
}

void Gateway::tell(const Peer& to, wire::Message message) {
  // "a message counter value of 0 MUST be used" (RFC 3103 section 10.1)
  const Bytes bytes = encode_with_counter(std::move(message), Counter{0});
  unasked_.push_back({to, authenticator_.seal_notice(ends_of(to), bytes)});
}

Result<void> Gateway::commit(const steer::Transaction& changes) {
  if (gathers_) {
    gathered_.add(changes);
    return {};
  }
  if (Result<void> done = flush(); !done) return done;
  return kernel_.commit(changes);
}

Result<void> Gateway::flush() {
  if (gathered_.empty()) return {};
  Result<void> done = kernel_.commit(gathered_.transaction());
  if (done) gathered_.clear();
  return done;
}

Result<void> Gateway::reinstate(lease::Time now) {
  gathered_.clear();  // it is among the leases
  // The rules first: without them, nothing would police what comes out of the tunnels.
  if (Result<void> done = kernel_.renew_rules(); !done) return done;
  const auto there = kernel_.put_tunnels_in_order();
  if (!there) return tl::unexpected(there.error());
  tunnels_.reconcile(*there);

  steer::Transaction wanted;
  std::map<Ipv4, steer::Device> announced;
  for (const auto& [host, registration] : leases_.registrations()) {
    for (const auto& [bind, binding] : registration.bindings) {
      const Result<const TunnelDevice*> tunnel =
          tunnels_.obtain(registration.client, host, binding.tunnel, binding.gateway);
      if (!tunnel) return tl::unexpected(tunnel.error());
      if (binding.kind == lease::Kind::rsa_ip) announced[binding.address] = (*tunnel)->device;
    }
    wanted.add(elements_of(registration, now));
  }
  if (Result<void> done = kernel_.announce_only(announced); !done) return done;
  return kernel_.commit(steer::Transaction::everything(wanted.additions()));
}

void Gateway::expire(lease::Time now) {
  const std::vector<lease::LeaseTable::Ended> all = leases_.expire(now);
  steer::Transaction changes;
  sole_steering_.ended(changes, all, now);
  if (const Result<void> done = commit(changes); !done) spdlog::error("{}", done.error().text());
  for (const lease::LeaseTable::Ended& ended : all) {
    if (ended.binding) release_address(ended.host, *ended.binding);
  }
  for (const lease::LeaseTable::Ended& ended : all) {
    if (ended.binding) {
      if (store::Journal* journal = record()) journal->ended(ended.host, ended.binding->id, now);
      wire::FreeResponse over;
      over.client = ended.client;
      over.bind = ended.binding->id;
      tell(ended.host, over);
      release_tunnel(ended.host, *ended.binding);
      notify({.kind = Event::Kind::binding_ended,
              .at = now,
              .host = ended.host,
              .client = ended.client,
              .bind = ended.binding->id,
              .end = End::expired,
              .binding = &*ended.binding});
    } else {
      if (store::Journal* journal = record()) journal->deregistered(ended.host);
      wire::DeregisterResponse over;
      over.client = ended.client;
      tell(ended.host, over);
      sessions_.end(ended.host, ended.client);
      notify({.kind = Event::Kind::registration_ended,
              .at = now,
              .host = ended.host,
              .client = ended.client,
              .end = End::expired});
    }
  }
}

steer::Elements Gateway::elements_of(const lease::Registration& registration, lease::Time now) const {
  steer::Transaction all;
  steer_host(all, tunnels_, registration, now);
  sole_steering_.of(all, registration, now);
  return all.additions();
}

void Gateway::notify(const Event& event) const {
  for (Observer* observer : observers_) observer->happened(event);
}

void Gateway::notify_answered(Ipv4 host, std::optional<wire::MessageType> request, const Answer& answer,
                              lease::Time now) {
  Event event{.kind = Event::Kind::answered, .at = now, .host = host, .request = request};
  if (const auto* refusal = std::get_if<wire::ErrorResponse>(&answer)) {
    event.client = refusal->client;
    event.bind = refusal->bind;
    event.error = refusal->error;
    event.cause = cause_;
  }
  cause_ = {};
  notify(event);
}

void Gateway::dismiss_all(lease::Time now) {
  for (const auto& [host, registration] : leases_.registrations()) {
    if (store::Journal* journal = record()) {
      for (const auto& [bind, binding] : registration.bindings) journal->ended(host, bind, now);
      journal->deregistered(host);
    }
    wire::DeregisterResponse over;
    over.client = registration.client;
    tell(host, over);
  }
}

}  // namespace rsip::gateway
