// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/dispatcher.hpp"

#include <spdlog/spdlog.h>

#include <asio/post.hpp>

namespace rsip::server {

namespace {

using Clock = std::chrono::steady_clock;

/// A flood must not flood the log.
constexpr std::chrono::seconds report_pause{60};

}  // namespace

Dispatcher::Dispatcher(asio::io_context& loop, const Limits& limits, Standing standing, Handle handle)
    : loop_(loop), standing_(std::move(standing)), handle_(std::move(handle)), turns_(limits), timer_(loop) {}

bool Dispatcher::offer(const gateway::Peer& peer, std::span<const std::uint8_t> message, Reply reply) {
  if (stopped_) return false;
  const Ipv4 account = standing_.account(peer.host);
  const Turns::Time arrived = Clock::now();
  const auto timed = [this, arrived, reply = std::move(reply)](std::optional<gateway::Bytes> answer) {
    if (answer && answered_) answered_(Clock::now() - arrived);
    reply(std::move(answer));
  };
  const Turns::Offered offered = turns_.offer(account, peer, message, timed, arrived);
  if (offered == Turns::Offered::queued) {
    schedule();
    return true;
  }
  if (offered != Turns::Offered::repeated) report_dropped(peer.host, offered);
  return false;
}

void Dispatcher::stop() {
  stopped_ = true;
  timer_.cancel();
}

void Dispatcher::schedule() {
  if (posted_ || stopped_) return;
  const std::optional<Turns::Time> next = turns_.next_at();
  if (!next) return;
  if (*next <= Clock::now()) {
    posted_ = true;
    asio::post(loop_, [this] {
      posted_ = false;
      take_turn();
    });
    return;
  }
  if (wakes_at_ && *wakes_at_ <= *next) return;
  wakes_at_ = next;
  timer_.expires_at(*next);
  timer_.async_wait([this](asio::error_code code) {
    if (code) return;
    wakes_at_.reset();
    schedule();
  });
}

void Dispatcher::take_turn() {
  if (stopped_) return;
  if (const Turns::Request* request = turns_.next(Clock::now())) {
    handle_(request->peer, request->message, [this, account = request->account](std::optional<gateway::Bytes> answer) {
      const Reply reply = turns_.finish(account, Clock::now());
      reply(std::move(answer));
      schedule();
    });
  }
  schedule();
}

void Dispatcher::report_dropped(Ipv4 host, Turns::Offered why) {
  ++(why == Turns::Offered::above_rate ? dropped_.above_rate : dropped_.no_room);
  const Turns::Time now = Clock::now();
  if (reported_at_ && now - *reported_at_ < report_pause) return;
  reported_at_ = now;
  spdlog::warn("requests dropped, the last one of host={}; since the start above_rate={} no_room={}", to_string(host),
               dropped_.above_rate, dropped_.no_room);
}

}  // namespace rsip::server
