// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/authenticator.hpp"

#include <algorithm>
#include <utility>

namespace rsip::gateway {

Authenticator::Authenticator(auth::KeyTable keys, std::size_t capacity, Clock clock)
    : keys_(std::move(keys)), capacity_(capacity), clock_(std::move(clock)) {}

Authenticator::Check Authenticator::check(const auth::Ends& ends, std::span<const std::uint8_t> message) {
  const auth::Key* key = keys_.find(ends.host);
  if (key == nullptr) return {Verdict::not_required, {}};
  const std::optional<auth::Stamp> stamp = auth::verify(message, auth::Kind::request, ends, *key);
  if (!stamp) return {Verdict::no_proof, {}};
  Hmac hmac{};
  std::ranges::copy(message.last(hmac.size()), hmac.begin());

  const auth::Stamp now = clock_();
  const auto known = index_.find(ends.host);
  if (known != index_.end() && known->second->stamp == *stamp && known->second->hmac == hmac) {
    return {Verdict::repeated, *stamp};
  }
  if (!auth::is_timely(*stamp, now)) return {Verdict::untimely, {}};
  if (known != index_.end()) {
    if (*stamp <= known->second->stamp) return {Verdict::replayed, {}};
    *known->second = {ends.host, *stamp, hmac};
    lasts_.splice(lasts_.begin(), lasts_, known->second);
  } else {
    if (!make_room(now)) return {Verdict::overload, {}};
    lasts_.push_front({ends.host, *stamp, hmac});
    index_.emplace(ends.host, lasts_.begin());
  }
  return {Verdict::fresh, *stamp};
}

void Authenticator::recall(Ipv4 host, auth::Stamp stamp, std::span<const std::uint8_t> hmac) {
  Last last{host, stamp, {}};
  if (keys_.find(host) == nullptr || hmac.size() != last.hmac.size() || index_.contains(host)) return;
  if (!make_room(clock_())) return;
  std::ranges::copy(hmac, last.hmac.begin());
  lasts_.push_front(last);
  index_.emplace(host, lasts_.begin());
}

void Authenticator::forget_all() {
  lasts_.clear();
  index_.clear();
}

bool Authenticator::is_proven(const auth::Ends& ends, std::span<const std::uint8_t> message) const {
  const auth::Key* key = keys_.find(ends.host);
  return key == nullptr || auth::verify(message, auth::Kind::request, ends, *key);
}

/// Forgets hosts all of whose messages are too old by now to be replayed.
bool Authenticator::make_room(auth::Stamp now) {
  while (lasts_.size() >= capacity_) {
    if (lasts_.empty() || lasts_.back().stamp >= now - auth::window) return false;
    index_.erase(lasts_.back().host);
    lasts_.pop_back();
  }
  return true;
}

auth::Bytes Authenticator::seal_answer(const auth::Ends& ends, std::span<const std::uint8_t> answer,
                                       auth::Stamp request) const {
  return auth::seal(answer, auth::Kind::answer, ends, request, *keys_.find(ends.host));
}

auth::Bytes Authenticator::seal_notice(const auth::Ends& ends, std::span<const std::uint8_t> notice) {
  const auth::Key* key = keys_.find(ends.host);
  if (key == nullptr) return {notice.begin(), notice.end()};
  noticed_ = std::max(clock_(), noticed_ + std::chrono::microseconds{1});
  return auth::seal(notice, auth::Kind::notice, ends, noticed_, *key);
}

std::string_view cause(Authenticator::Verdict verdict) {
  switch (verdict) {
    case Authenticator::Verdict::no_proof:
      return "no-proof";
    case Authenticator::Verdict::untimely:
      return "untimely";
    case Authenticator::Verdict::replayed:
      return "replayed";
    case Authenticator::Verdict::overload:
      return "overload";
    case Authenticator::Verdict::not_required:
    case Authenticator::Verdict::fresh:
    case Authenticator::Verdict::repeated:
      break;
  }
  return "";
}

}  // namespace rsip::gateway
