// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/shared_ike.hpp"

#include <algorithm>

namespace rsip::lease {

void SharedIke::end_use(Ipv4 host) {
  const auto user = users_.find(host);
  if (--user->second == 0) users_.erase(user);
}

std::optional<Holder> SharedIke::owner(Cookie cookie) const {
  const auto found = cookies_.find(cookie);
  return found == cookies_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Holder> SharedIke::prefix_owner(Cookie cookie) const {
  if (prefixes_.empty()) return std::nullopt;
  const auto first_bits = static_cast<std::uint32_t>(number(cookie) >> 32);
  const auto found = prefixes_.find(first_bits & CookiePrefix{0, prefix_bits_}.mask());
  return found == prefixes_.end() ? std::nullopt : std::optional(found->second);
}

void SharedIke::add_cookie(Cookie cookie, Holder holder) {
  cookies_.emplace(cookie, holder);
  use(holder.host);
}

void SharedIke::remove_cookie(Cookie cookie) {
  const auto found = cookies_.find(cookie);
  end_use(found->second.host);
  cookies_.erase(found);
}

void SharedIke::add_prefix(CookiePrefix prefix, Holder holder) {
  prefixes_.emplace(prefix.value, holder);
  use(holder.host);
}

void SharedIke::remove_prefix(CookiePrefix prefix) {
  const auto found = prefixes_.find(prefix.value);
  end_use(found->second.host);
  prefixes_.erase(found);
}

bool SharedIke::may_listen(std::span<const Ipv4> peers, Ipv4 host) const {
  if (!peers.empty()) return std::ranges::none_of(peers, [this](Ipv4 peer) { return listeners_.contains(peer); });
  const bool only_user = users_.empty() || (users_.size() == 1 && users_.contains(host));
  return only_user && !any_listener_;
}

void SharedIke::add_listener(std::span<const Ipv4> peers, Holder holder) {
  use(holder.host);
  if (peers.empty()) any_listener_ = holder;
  for (const Ipv4 peer : peers) {
    listeners_.emplace(peer, holder);
    peers_.add(peer, holder);
  }
}

void SharedIke::remove_listener(std::span<const Ipv4> peers, Holder holder) {
  end_use(holder.host);
  if (peers.empty()) any_listener_.reset();
  for (const Ipv4 peer : peers) {
    listeners_.erase(peer);
    peers_.remove(peer, holder);
  }
}

void SharedIke::add_peer(Ipv4 peer, Holder holder) {
  peers_.add(peer, holder);
}

void SharedIke::remove_peer(Ipv4 peer, Holder holder) {
  peers_.remove(peer, holder);
}

}  // namespace rsip::lease
