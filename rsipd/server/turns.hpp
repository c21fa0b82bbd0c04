// SPDX-License-Identifier: GPL-2.0-or-later
// Whose request is next. One queue for each host, and turns round robin among the hosts that have a request waiting and
// are within their rate. A host's requests are served one after another, in the order they came: the next has its turn
// when the last has been answered, which may take a while (a name to resolve) and delays no other host.
//
// Above its rate, a host's datagrams are dropped, since it will send them again; what comes over a connection waits,
// which stops the host, since its next message is not read before.
//
// The rate is a token bucket in its form of a single time (GCRA): when the bucket will be full again. So a request's
// time is known when it arrives, and a host whose bucket is full is a host about which nothing need be remembered.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>

#include "server/limits.hpp"
#include "server/responder.hpp"

namespace rsip::server {

class Turns {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Turns(const Limits& limits);

  struct Request {
    Ipv4 account;  ///< the host, or the one that stands for all hosts that may not register
    gateway::Peer peer;
    gateway::Bytes message;
    Reply reply;
    Time not_before;
  };

  enum class Offered {
    queued,
    repeated,    ///< a retransmission of a datagram that still waits or is being served
    above_rate,  ///< a datagram, and its host has sent too many
    no_room,     ///< too many of this host wait, or of all hosts together
  };
  /// A request has arrived. What is not queued leaves no trace, and its reply is not called.
  Offered offer(Ipv4 account, const gateway::Peer& peer, std::span<const std::uint8_t> message, Reply reply, Time now);

  /// The request whose turn it is, if there is one. It is there until finish(); its host has no other turn till then.
  const Request* next(Time now);

  /// The account's turn is over. Returns what takes the answer.
  Reply finish(Ipv4 account, Time now);

  /// When next() will have a request; in the past if it has one already, nothing if none waits for a turn.
  std::optional<Time> next_at() const;

  /// Requests that have no answer yet.
  std::size_t waiting() const { return waiting_; }
  std::size_t remembered_hosts() const { return accounts_.size(); }

 private:
  struct Account {
    Time full_at;                      ///< when the bucket will be full
    std::deque<Request> queue;         ///< the first may be being served
    std::size_t datagrams = 0;         ///< in the queue
    std::list<Ipv4>::iterator idle{};  ///< while the queue is empty
  };

  Time not_before(const Account& account) const { return account.full_at - tolerance_; }
  std::optional<Offered> refuse(const Account& account, const gateway::Peer& peer,
                                std::span<const std::uint8_t> message) const;
  bool make_room();
  void await_turn(Ipv4 key, const Account& account, Time now);
  void forget_some(Time now);

  Limits limits_;
  Time::duration interval_;   ///< in which the bucket gains one token
  Time::duration tolerance_;  ///< how much of the time to full may be missing

  std::unordered_map<Ipv4, Account> accounts_;
  std::deque<Ipv4> ready_;                   ///< the round: each account once, and none that is being served
  std::set<std::pair<Time, Ipv4>> resting_;  ///< those whose first request is above their rate till then
  std::list<Ipv4> idle_;                     ///< those without a request, idle longest first
  std::size_t datagram_bytes_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace rsip::server
