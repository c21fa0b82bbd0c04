// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/public_address.hpp"

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

/// All the particular numbers, or none of them.
template <typename Id>
PublicAddress::Taken<Id> take_particular(NumberPool& pool, const std::vector<Run<Id>>& wanted) {
  for (const Run<Id>& run : wanted) {
    if (!pool.in_range(interval_of(run))) return PublicAddress::Failure::out_of_range;
  }
  for (std::size_t taken = 0; taken < wanted.size(); ++taken) {
    if (pool.take(interval_of(wanted[taken]))) continue;
    while (taken-- > 0) pool.release(interval_of(wanted[taken]));
    return PublicAddress::Failure::in_use;
  }
  return wanted;
}

}  // namespace

PublicAddress::PublicAddress(Ipv4 address, const Config& config)
    : address_(address),
      ports_(number(config.ports.first), number(config.ports.last())),
      spis_(number(config.spis.first), number(config.spis.last())) {}

PublicAddress::Taken<Port> PublicAddress::take_ports(const Wanted<Port>& wanted, Time now, const Random& random) {
  wake(now);
  if (!wanted.particular.empty()) return take_particular(ports_, wanted.particular);
  if (wanted.any == 0) return std::vector<Run<Port>>{};
  const std::vector<Interval> taken = ports_.take_pieces(wanted.any, random);
  if (taken.empty()) return Failure::unavailable;
  return runs_of<Port>(taken);
}

PublicAddress::Taken<Spi> PublicAddress::take_spis(const Wanted<Spi>& wanted, Time now, const Random& random) {
  wake(now);
  if (!wanted.particular.empty()) return take_particular(spis_, wanted.particular);
  if (wanted.any == 0) return std::vector<Run<Spi>>{};
  const std::optional<Interval> taken = spis_.take_run(wanted.any, random);
  if (!taken) return Failure::unavailable;
  return std::vector<Run<Spi>>{run_of<Spi>(*taken)};
}

void PublicAddress::give_back(const std::vector<Run<Port>>& ports, const std::vector<Run<Spi>>& spis) {
  for (const Run<Port>& run : ports) ports_.release(interval_of(run));
  for (const Run<Spi>& run : spis) spis_.release(interval_of(run));
}

void PublicAddress::rest(const std::vector<Run<Port>>& ports, const std::vector<Run<Spi>>& spis, Time until) {
  for (const Run<Port>& run : ports) resting_.push_back({until, Kind::port, interval_of(run)});
  for (const Run<Spi>& run : spis) resting_.push_back({until, Kind::spi, interval_of(run)});
}

void PublicAddress::wake(Time now) {
  while (!resting_.empty() && resting_.front().until <= now) {
    NumberPool& pool = resting_.front().kind == Kind::port ? ports_ : spis_;
    pool.release(resting_.front().interval);
    resting_.pop_front();
  }
}

}  // namespace rsip::lease
