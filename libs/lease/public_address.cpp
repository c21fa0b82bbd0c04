// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/public_address.hpp"

#include <algorithm>

namespace rsip::lease {

namespace {

template <typename Id>
Interval interval_of(Run<Id> run) {
  return {number(run.first), run.count};
}

template <typename Id>
Run<Id> run_of(Interval interval) {
  return {static_cast<Id>(interval.first), interval.count};
}

template <typename Id>
std::vector<Run<Id>> runs_of(const std::vector<Interval>& intervals) {
  std::vector<Run<Id>> runs;
  runs.reserve(intervals.size());
  for (const Interval& interval : intervals) runs.push_back(run_of<Id>(interval));
  return runs;
}

/// All the particular numbers, or none of them. `pool_of` finds the pool that a run lies in, or null.
template <typename Id, typename PoolOf>
PublicAddress::Taken<Id> take_particular(const std::vector<Run<Id>>& wanted, const PoolOf& pool_of) {
  for (const Run<Id>& run : wanted) {
    if (pool_of(run) == nullptr) return PublicAddress::Failure::out_of_range;
  }
  for (std::size_t taken = 0; taken < wanted.size(); ++taken) {
    if (pool_of(wanted[taken])->take(interval_of(wanted[taken]))) continue;
    while (taken-- > 0) pool_of(wanted[taken])->release(interval_of(wanted[taken]));
    return PublicAddress::Failure::in_use;
  }
  return wanted;
}

}  // namespace

PublicAddress::PublicAddress(Ipv4 address, const Config& config)
    : address_(address),
      ports_(number(config.ports.first), number(config.ports.last())),
      spis_(number(config.spis.first), number(config.spis.last())) {
  if (config.listen_ports) {
    listen_ports_.emplace(number(config.listen_ports->first), number(config.listen_ports->last()));
  }
  if (config.suggested_spis) {
    const Run<Spi>& range = *config.suggested_spis;
    NumberPool& pool = suggested_spis_.emplace(number(range.first), number(range.last()));
    const Spi first = std::max(range.first, config.spis.first);
    const Spi last = std::min(range.last(), config.spis.last());
    if (first <= last) pool.take({number(first), number(last) - number(first) + 1});
  }
  // All hosts share IKE's port and are told apart by cookies (RFC 3104 section 4), so that nobody can have it.
  constexpr std::uint32_t ike = 500;
  if (NumberPool* pool = pool_of({Port{ike}, 1}, true)) pool->take({ike, 1});
}

NumberPool* PublicAddress::pool_of(Run<Port> run, bool listen) {
  if (ports_.in_range(interval_of(run))) return &ports_;
  if (listen && listen_ports_ && listen_ports_->in_range(interval_of(run))) return &*listen_ports_;
  return nullptr;
}

NumberPool* PublicAddress::pool_of(Run<Spi> run) {
  if (spis_.in_range(interval_of(run))) return &spis_;
  if (suggested_spis_ && suggested_spis_->in_range(interval_of(run))) return &*suggested_spis_;
  return nullptr;
}

void PublicAddress::release(Run<Port> run) {
  pool_of(run, true)->release(interval_of(run));
}

void PublicAddress::release(Run<Spi> run) {
  pool_of(run)->release(interval_of(run));
}

PublicAddress::Taken<Port> PublicAddress::take_ports(const Wanted<Port>& wanted, bool listen, Time now,
                                                     const Random& random) {
  wake(now);
  if (!wanted.particular.empty()) {
    return take_particular(wanted.particular, [&](Run<Port> run) { return pool_of(run, listen); });
  }
  if (wanted.any == 0) return std::vector<Run<Port>>{};
  const std::vector<Interval> taken = ports_.take_pieces(wanted.any, random);
  if (taken.empty()) return Failure::unavailable;
  return runs_of<Port>(taken);
}

PublicAddress::Taken<Spi> PublicAddress::take_spis(const Wanted<Spi>& wanted, Time now, const Random& random) {
  wake(now);
  if (!wanted.particular.empty()) {
    return take_particular(wanted.particular, [&](Run<Spi> run) { return pool_of(run); });
  }
  if (wanted.any == 0) return std::vector<Run<Spi>>{};
  const std::optional<Interval> taken = spis_.take_run(wanted.any, random);
  if (!taken) return Failure::unavailable;
  return std::vector<Run<Spi>>{run_of<Spi>(*taken)};
}

void PublicAddress::give_back(const std::vector<Run<Port>>& ports, const std::vector<Run<Spi>>& spis) {
  for (const Run<Port>& run : ports) release(run);
  for (const Run<Spi>& run : spis) release(run);
}

void PublicAddress::rest(const std::vector<Run<Port>>& ports, const std::vector<Run<Spi>>& spis, Time until) {
  for (const Run<Port>& run : ports) resting_.push_back({until, Kind::port, interval_of(run)});
  for (const Run<Spi>& run : spis) resting_.push_back({until, Kind::spi, interval_of(run)});
}

void PublicAddress::wake(Time now) {
  while (!resting_.empty() && resting_.front().until <= now) {
    const Resting& over = resting_.front();
    if (over.kind == Kind::port) {
      release(run_of<Port>(over.interval));
    } else {
      release(run_of<Spi>(over.interval));
    }
    resting_.pop_front();
  }
}

}  // namespace rsip::lease
