// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/gateway.hpp"
#include "server/responder.hpp"
#include "store/journal.hpp"

namespace rsip {

/// Keeps kernel and journal in step with the leases. What a round of requests has changed is committed at once, in the
/// kernel and then in the journal, and their answers leave then. Where the kernel refuses, the round has not happened,
/// and its requests are served once more, each by itself. Where the journal cannot be written to, the round has not
/// happened either, and nothing new is promised until it can be.
class Keeper {
 public:
  struct Ways {
    std::function<bool()> turn_waits;  ///< whether another request is about to be served
    std::function<void()> committed;   ///< answers have left; what else waited may go now
  };
  /// History is kept for so long.
  Keeper(asio::io_context& loop, store::Journal journal, gateway::Gateway& gateway, std::chrono::hours history,
         Ways ways);

  /// Takes the leases of an earlier run. Then the kernel has to be made so.
  void restore(const store::Saved& saved);

  /// Serves a request. `message` is there until `reply` is called, which may be later.
  void answer(const gateway::Peer& peer, std::span<const std::uint8_t> message, std::span<const Ipv4> resolved,
              const server::Reply& reply);
  /// The gateway has done something that no request asked for.
  void changed();
  /// What has been done so far is in the journal when this returns, or has not been done.
  Result<void> commit();

  /// Whether something has been done that is not committed yet.
  bool has_promises() const;

  store::Journal& journal() { return journal_; }

 private:
  struct Held {
    gateway::Peer peer;
    std::span<const std::uint8_t> message;
    std::vector<Ipv4> resolved;
    server::Reply reply;
    std::optional<gateway::Bytes> answer;
  };

  void commit_soon();
  void commit_later();
  void serve_again(std::vector<Held>& held);
  void fall_back(const Error& error);
  Result<void> reload();
  void try_again_later();
  Result<void> resume();
  void forget_later(std::chrono::steady_clock::duration time);

  asio::io_context& loop_;
  store::Journal journal_;
  gateway::Gateway& gateway_;
  std::chrono::hours history_;
  Ways ways_;
  std::vector<Held> held_;
  bool soon_ = false;   ///< a commit is on its way through the event loop
  bool later_ = false;  ///< the timer for one runs
  asio::steady_timer commit_timer_;
  asio::steady_timer retry_timer_;
  asio::steady_timer forget_timer_;
};

}  // namespace rsip
