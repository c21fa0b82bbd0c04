// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/keeper.hpp"

#include <spdlog/spdlog.h>

#include <asio/post.hpp>
#include <utility>

namespace rsip {

namespace {

using lease::Clock;

/// So many answers share a commit at most, lest the first of them wait too long.
constexpr std::size_t most_held = 256;

/// What nobody waits for is written by then: what was learned from IKE, last answers.
constexpr std::chrono::seconds later{1};

constexpr std::chrono::seconds journal_retry{5};

constexpr std::chrono::hours forget_pause{1};
constexpr std::chrono::seconds forget_more_pause{1};
constexpr std::uint32_t most_forgotten = 1000;  ///< rows at once; a few milliseconds

}  // namespace

Keeper::Keeper(asio::io_context& loop, store::Journal journal, gateway::Gateway& gateway, std::chrono::hours history,
               Ways ways)
    : loop_(loop),
      journal_(std::move(journal)),
      gateway_(gateway),
      history_(history),
      ways_(std::move(ways)),
      commit_timer_(loop),
      retry_timer_(loop),
      forget_timer_(loop) {
  gateway_.keep_journal(journal_);
}

void Keeper::restore(const store::Saved& saved) {
  const lease::Config& config = gateway_.leases().config();
  if (const Result<void> done = journal_.begin_boot(config.hold, config.max_lease); !done) {
    spdlog::error("event=journal-failed cause=\"{}\"", done.error().text());
    gateway_.suspend(true);
    try_again_later();
  }
  gateway_.restore(saved, Clock::now());
  forget_later(forget_more_pause);
}

void Keeper::answer(const gateway::Peer& peer, std::span<const std::uint8_t> message, std::span<const Ipv4> resolved,
                    const server::Reply& reply) {
  gateway_.gather(true);
  std::optional<gateway::Bytes> answer = gateway_.handle(peer, message, Clock::now(), resolved);
  gateway_.gather(false);
  if (!has_promises()) {
    reply(std::move(answer));
    ways_.committed();
    return changed();
  }
  held_.push_back({peer, message, {resolved.begin(), resolved.end()}, reply, std::move(answer)});
  changed();
}

bool Keeper::has_promises() const {
  return journal_.has_promises() || gateway_.has_gathered();
}

void Keeper::changed() {
  if (has_promises()) {
    commit_soon();
  } else if (journal_.has_changes()) {
    commit_later();
  }
}

/// When those requests that have come already have been served, too.
void Keeper::commit_soon() {
  if (soon_) return;
  soon_ = true;
  asio::post(loop_, [this] {
    soon_ = false;
    if (!has_promises()) return;
    if (held_.size() < most_held && ways_.turn_waits()) return commit_soon();
    (void)commit();
  });
}

void Keeper::commit_later() {
  if (std::exchange(later_, true)) return;
  commit_timer_.expires_after(later);
  commit_timer_.async_wait([this](asio::error_code code) {
    later_ = false;
    if (!code && journal_.has_changes()) (void)commit();
  });
}

Result<void> Keeper::commit() {
  std::vector<Held> held = std::exchange(held_, {});
  if (const Result<void> done = gateway_.flush(); !done) {
    spdlog::warn("event=kernel-refused cause=\"{}\" requests={}", done.error().text(), held.size());
    journal_.rollback();
    if (const Result<void> again = reload(); !again) spdlog::error("{}", again.error().text());
    serve_again(held);
  }
  Result<void> done = journal_.commit();
  if (!done) {
    fall_back(done.error());
    serve_again(held);  // which refuses it, unless it only asks for something
  }
  for (Held& one : held) one.reply(std::move(one.answer));
  ways_.committed();
  return done;
}

void Keeper::serve_again(std::vector<Held>& held) {
  for (Held& one : held) one.answer = gateway_.handle(one.peer, one.message, Clock::now(), one.resolved);
}

void Keeper::fall_back(const Error& error) {
  spdlog::error("event=journal-failed cause=\"{}\" effect=\"no host gets or frees anything till it is back\"",
                error.text());
  gateway_.suspend(true);
  if (const Result<void> done = reload(); !done) spdlog::error("{}", done.error().text());
  try_again_later();
}

/// The leases and the kernel are what the journal says.
Result<void> Keeper::reload() {
  const lease::Config& config = gateway_.leases().config();
  const Result<store::Saved> saved = journal_.load(config.hold, config.max_lease);
  if (!saved) return tl::unexpected(saved.error());
  const lease::Time now = Clock::now();
  gateway_.restore(*saved, now);
  return gateway_.reinstate(now);
}

void Keeper::try_again_later() {
  retry_timer_.expires_after(journal_retry);
  retry_timer_.async_wait([this](asio::error_code code) {
    if (code) return;
    if (const Result<void> done = resume(); !done) {
      spdlog::debug("{}", done.error().text());
      return try_again_later();
    }
    spdlog::info("event=journal-back");
    ways_.committed();
  });
}

Result<void> Keeper::resume() {
  const lease::Config& config = gateway_.leases().config();
  if (Result<void> done = journal_.begin_boot(config.hold, config.max_lease); !done) return done;
  if (Result<void> done = journal_.catch_up(lease::grace); !done) return done;
  if (Result<void> done = reload(); !done) return done;
  gateway_.suspend(false);
  return {};
}

void Keeper::forget_later(std::chrono::steady_clock::duration time) {
  forget_timer_.expires_after(time);
  forget_timer_.async_wait([this](asio::error_code code) {
    if (code) return;
    std::chrono::steady_clock::duration pause = forget_pause;
    // What rests has to stay, whatever the history is.
    const auto age = std::max<std::chrono::seconds>(history_, gateway_.leases().config().hold);
    const auto before = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) - age;
    const std::size_t hosts = std::size_t{2} * gateway_.leases().config().max_hosts;
    if (!journal_.has_changes()) {
      const Result<bool> more = journal_.forget_before(before, hosts, most_forgotten);
      if (!more) spdlog::warn("{}", more.error().text());
      if (more && *more) pause = forget_more_pause;
    } else {
      pause = forget_more_pause;
    }
    forget_later(pause);
  });
}

}  // namespace rsip
