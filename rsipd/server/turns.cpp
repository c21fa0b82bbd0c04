// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/turns.hpp"

#include <algorithm>

namespace rsip::server {

namespace {

bool is_datagram(const gateway::Peer& peer) {
  return peer.transport == gateway::Transport::udp;
}

}  // namespace

Turns::Turns(const Limits& limits)
    : limits_(limits),
      interval_(std::chrono::duration_cast<Time::duration>(std::chrono::seconds{1}) / limits.rate),
      tolerance_(interval_ * (limits.burst() - 1)) {}

Turns::Offered Turns::offer(Ipv4 account, const gateway::Peer& peer, std::span<const std::uint8_t> message, Reply reply,
                            Time now) {
  forget_some(now);
  auto found = accounts_.find(account);
  if (found != accounts_.end()) {
    // First what a flood runs into, for it must cost least.
    if (is_datagram(peer) && not_before(found->second) > now) return Offered::above_rate;
    if (const std::optional<Offered> refused = refuse(found->second, peer, message)) return *refused;
  }
  if (is_datagram(peer)) {
    if (datagram_bytes_ + message.size() > limits_.max_datagram_bytes) return Offered::no_room;
    if (found == accounts_.end() && !make_room()) return Offered::no_room;
    datagram_bytes_ += message.size();
  }
  if (found == accounts_.end()) {
    found = accounts_.emplace(account, Account{}).first;
  } else if (found->second.queue.empty()) {
    idle_.erase(found->second.idle);
  }

  Account& host = found->second;
  const Time start = std::max(not_before(host), now);
  host.full_at = std::max(host.full_at, now) + interval_;
  if (is_datagram(peer)) ++host.datagrams;
  host.queue.push_back({account, peer, {message.begin(), message.end()}, std::move(reply), start});
  ++waiting_;
  if (host.queue.size() == 1) await_turn(account, host, now);
  return Offered::queued;
}

/// Why one more request of a known host is not queued, if it is not.
std::optional<Turns::Offered> Turns::refuse(const Account& account, const gateway::Peer& peer,
                                            std::span<const std::uint8_t> message) const {
  if (!is_datagram(peer)) {
    // No more than the host may have connections; that of a connection which was closed meanwhile is still here.
    const bool room = account.queue.size() - account.datagrams < limits_.max_connections_per_host;
    return room ? std::nullopt : std::optional(Offered::no_room);
  }
  const bool repeated = std::ranges::any_of(account.queue, [&](const Request& waiting) {
    return is_datagram(waiting.peer) && waiting.peer.host == peer.host && waiting.peer.port == peer.port &&
           std::ranges::equal(waiting.message, message);
  });
  if (repeated) return Offered::repeated;
  if (account.datagrams >= limits_.max_datagrams_per_host) return Offered::no_room;
  return std::nullopt;
}

/// Room for one more host that sends a datagram. Where the memory is full, the host that was idle longest gets its
/// burst early. (Hosts with a connection need no bound here, since connections have one.)
bool Turns::make_room() {
  if (accounts_.size() < limits_.max_remembered_hosts) return true;
  if (idle_.empty()) return false;
  accounts_.erase(idle_.front());
  idle_.pop_front();
  return true;
}

/// Two for each one that may come keep the memory small, at a constant cost.
void Turns::forget_some(Time now) {
  for (int i = 0; i < 2 && !idle_.empty(); ++i) {
    const auto oldest = accounts_.find(idle_.front());
    if (oldest->second.full_at > now) return;
    accounts_.erase(oldest);
    idle_.pop_front();
  }
}

void Turns::await_turn(Ipv4 key, const Account& account, Time now) {
  const Time start = account.queue.front().not_before;
  if (start <= now) {
    ready_.push_back(key);
  } else {
    resting_.emplace(start, key);
  }
}

const Turns::Request* Turns::next(Time now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    ready_.push_back(resting_.begin()->second);
    resting_.erase(resting_.begin());
  }
  if (ready_.empty()) return nullptr;
  const Ipv4 account = ready_.front();
  ready_.pop_front();
  return &accounts_.at(account).queue.front();
}

Reply Turns::finish(Ipv4 account, Time now) {
  Account& host = accounts_.at(account);
  const Request& served = host.queue.front();
  Reply reply = std::move(host.queue.front().reply);
  if (is_datagram(served.peer)) {
    --host.datagrams;
    datagram_bytes_ -= served.message.size();
  }
  host.queue.pop_front();
  --waiting_;
  if (host.queue.empty()) {
    host.idle = idle_.insert(idle_.end(), account);
  } else {
    await_turn(account, host, now);
  }
  return reply;
}

std::optional<Turns::Time> Turns::next_at() const {
  if (!ready_.empty()) return Time::min();
  if (!resting_.empty()) return resting_.begin()->first;
  return std::nullopt;
}

}  // namespace rsip::server
