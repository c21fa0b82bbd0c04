// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/healer.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace rsip {

namespace {

/// Where mending has failed, which is the kernel's refusal or an interface that is not there.
constexpr std::chrono::seconds heal_retry{1};

/// logfmt
std::string describe(const steer::Damage& damage) {
  std::string text = fmt::format("removed={} added={}", damage.removed.size(), damage.added.size());
  if (damage.other) text = "rules=changed " + text;
  return damage.by ? fmt::format("by={} pid={} ", damage.by->name, damage.by->pid) + text : "by=unknown " + text;
}

}  // namespace

Result<std::unique_ptr<Healer>> Healer::open(asio::io_context& loop, Watches watches,
                                             const std::vector<std::string>& public_interfaces,
                                             gateway::Gateway& gateway, std::function<void()> on_return) {
  std::unique_ptr<Healer> healer(new Healer(loop, std::move(watches), gateway, std::move(on_return)));
  for (const std::string& name : public_interfaces) healer->up_.emplace(name, true);
  asio::error_code code;
  (void)healer->tables_ready_.assign(healer->tables_.descriptor(), code);
  if (!code) (void)healer->links_ready_.assign(healer->links_.descriptor(), code);
  if (code) return failure(code.value(), "watch the nftables ruleset and the network devices");
  healer->wait_for_tables();
  healer->wait_for_links();
  return healer;
}

Healer::~Healer() {
  // the descriptors are those of the watches
  if (tables_ready_.is_open()) tables_ready_.release();
  if (links_ready_.is_open()) links_ready_.release();
}

void Healer::wait_for_tables() {
  tables_ready_.async_wait(asio::posix::stream_descriptor::wait_read, [this](asio::error_code code) {
    if (code) return;
    steer::Damage damage = tables_.read();
    const std::string what = describe(damage);
    if (!damage.empty()) note(std::move(damage), what);
    wait_for_tables();
  });
}

void Healer::wait_for_links() {
  links_ready_.async_wait(asio::posix::stream_descriptor::wait_read, [this](asio::error_code code) {
    if (code) return;
    read_links();
    wait_for_links();
  });
}

void Healer::read_links() {
  const Result<std::vector<steer::LinkChange>> changes = links_.read();
  steer::Damage damage;
  if (!changes) {  // ENOBUFS: nobody knows what
    on_return_();
    damage.other = true;
    return note(std::move(damage), "device=unknown");
  }
  // A tunnel that we make is down at first: what counts is what has become of it.
  std::map<std::uint32_t, const steer::LinkChange*> last;
  for (const steer::LinkChange& change : *changes) last[change.device.index] = &change;
  std::string name;
  for (const steer::LinkChange& change : *changes) {
    if (last[change.device.index] != &change || !is_damage(change)) continue;
    damage.other = true;
    name = change.device.name;
  }
  if (damage.other) note(std::move(damage), "device=" + name);
}

/// A tunnel that is gone or down without our doing; a public interface that is back.
bool Healer::is_damage(const steer::LinkChange& change) {
  if (gateway_.tunnels().find(change.device.index) != nullptr) return !change.there || !change.up;
  const auto interface = up_.find(change.device.name);
  if (interface == up_.end()) return false;
  const bool was_up = std::exchange(interface->second, change.there && change.up);
  if (was_up && !interface->second) spdlog::warn("event=interface-down device={}", change.device.name);
  if (was_up || !interface->second) return false;
  on_return_();
  return true;
}

void Healer::note(steer::Damage damage, const std::string& what) {
  damage_.merge(std::move(damage));
  if (waiting_) return;
  spdlog::warn("event=damaged {}", what);
  const HealPace::Duration time = pace_.wait(lease::Clock::now());
  if (time == HealPace::Duration{}) return heal();
  spdlog::warn("event=healing-delayed seconds={} cause=\"somebody keeps changing our tables\"",
               std::chrono::ceil<std::chrono::seconds>(time).count());
  heal_after(time);
}

void Healer::heal_after(HealPace::Duration time) {
  waiting_ = true;
  timer_.expires_after(time);
  timer_.async_wait([this](asio::error_code code) {
    if (code) return;
    waiting_ = false;
    heal();
  });
}

void Healer::heal() {
  const steer::Damage damage = std::exchange(damage_, {});
  const lease::Time start = lease::Clock::now();
  Result<void> done = failure(0, "mend elements");
  if (!damage.other) done = gateway_.mend(damage.removed, damage.added, start);
  if (!done) done = gateway_.reinstate(start);
  const lease::Time end = lease::Clock::now();
  pace_.mended(end, end - start);
  if (done) {
    ++healed_;
    failure_.clear();
    spdlog::info("event=healed ms={}", std::chrono::ceil<std::chrono::milliseconds>(end - start).count());
    return;
  }
  if (const std::string failure = done.error().text(); failure != failure_) {
    spdlog::error("event=not-healed cause=\"{}\"", failure);
    failure_ = failure;
  }
  damage_.other = true;
  heal_after(heal_retry);
}

}  // namespace rsip
