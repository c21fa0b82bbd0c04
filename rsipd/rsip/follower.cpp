// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/follower.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <asio/post.hpp>

namespace rsip::program {
namespace {

using host::BootClock;

std::string_view name(xfrm::Protocol protocol) {
  return protocol == xfrm::Protocol::esp ? "ESP" : "AH";
}

std::string describe_sa(const xfrm::Association& association) {
  return fmt::format("{} SA {:#010x} from {} to {}", name(association.id.protocol), number(association.id.spi),
                     to_string(association.source), to_string(association.id.destination));
}

}  // namespace

Result<std::unique_ptr<Follower>> Follower::create(asio::io_context& io, Surroundings surroundings) {
  std::unique_ptr<Follower> follower(new Follower(io, std::move(surroundings)));
  Follower* self = follower.get();
  Result<std::unique_ptr<host::SaWatch>> watch = host::SaWatch::create(
      io, {[self](const xfrm::Event& event) { self->happened(event); }, [self] { self->proceed(); },
           [](const Error& error) { spdlog::error("no more SAs are followed: {}", error.text()); }});
  if (!watch) return tl::unexpected(watch.error());
  follower->watch_ = std::move(*watch);
  Result<std::unique_ptr<host::BootTimer>> timer = host::BootTimer::create(io, [self] { self->proceed(); });
  if (!timer) return tl::unexpected(timer.error());
  follower->timer_ = std::move(*timer);
  return follower;
}

void Follower::happened(const xfrm::Event& event) {
  const host::TimePoint now = BootClock::now();
  if (const auto* appeared = std::get_if<xfrm::Appeared>(&event)) {
    sas_.appeared(appeared->association, surroundings_.bindings(), now);
  } else if (const auto* gone = std::get_if<xfrm::Gone>(&event)) {
    sas_.gone(gone->id, now);
  } else if (const auto* flushed = std::get_if<xfrm::Flushed>(&event)) {
    sas_.flushed(flushed->protocol, now);
  } else {
    look_around_ = true;
  }
}

void Follower::resync() {
  const Result<std::vector<xfrm::Association>> all = watch_->all();
  if (!all) {
    spdlog::error("{}", all.error().text());
    return;
  }
  sas_.resync(*all, surroundings_.bindings(), BootClock::now());
}

void Follower::look_around() {
  look_around_ = true;
  proceed_soon();
}

void Follower::bindings_changed() {
  bindings_changed_ = true;
  proceed_soon();
}

void Follower::answered(const host::Outcome& outcome) {
  const host::FollowedSas::Answer result = sas_.answered(outcome, BootClock::now());
  if (result.leased) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(result.took);
    figures_.last = took;
    figures_.largest = std::max(took, figures_.largest.value_or(took));
    spdlog::info("followed: SPI {:#010x} is leased, {}.{:03} ms after its SA appeared", number(*result.leased),
                 took.count() / 1000, took.count() % 1000);
  }
  if (result.failed) {
    spdlog::warn("followed: SPI {:#010x} is not leased, trying again; packets with it do not arrive",
                 number(*result.failed));
  }
  surroundings_.changed();
  proceed_soon();
}

/// The IKE daemon negotiates another one, with another SPI.
void Follower::remove(const xfrm::Association& association) {
  ++figures_.in_use;
  const Result<void> done = watch_->expire(association);
  spdlog::warn("followed: the gateway has given this SPI to another; {}: {}",
               done ? "removed, so that another is negotiated" : done.error().text(), describe_sa(association));
  surroundings_.changed();
}

/// At once where the kernel has told of an association: its peer may be sending already.
void Follower::proceed() {
  if (std::exchange(bindings_changed_, false)) sas_.bindings_changed(surroundings_.bindings(), BootClock::now());
  if (std::exchange(look_around_, false)) {
    sas_.recovered(BootClock::now());
    resync();
  }
  for (const xfrm::Association& association : sas_.refused(BootClock::now())) remove(association);
  if (std::optional<host::Order> order = sas_.next(surroundings_.bindings(), BootClock::now())) {
    surroundings_.ask(*std::move(order));
  }
  const std::optional<host::TimePoint> deadline = sas_.deadline();
  const Result<void> armed = deadline ? timer_->set(*deadline) : timer_->cancel();
  if (!armed) spdlog::error("{}", armed.error().text());
}

void Follower::proceed_soon() {
  if (std::exchange(proceeding_soon_, true)) return;
  asio::post(io_, [this] {
    proceeding_soon_ = false;
    proceed();
  });
}

Followed Follower::followed() const {
  Followed all = figures_;
  for (const host::Binding& binding : surroundings_.bindings().all()) {
    if (binding.held && !binding.wish.local_spis.empty()) all.binds.push_back(binding.held->grant.bind);
  }
  return all;
}

}  // namespace rsip::program
