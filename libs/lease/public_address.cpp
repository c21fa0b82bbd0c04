// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/public_address.hpp"

#include <algorithm>

namespace rsip::lease {

namespace {

template <typename Id>
Interval interval_of(Run<Id> run) {
  return {number(run.first), run.count};
}

/// Prefixes are right-aligned in their pool.
Interval interval_of(CookiePrefix prefix) {
  return {prefix.value >> (32 - prefix.bits), 1};
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
      prefix_bits_(config.prefix_bits),
      ports_(number(config.ports.first), number(config.ports.last())),
      spis_(number(config.spis.first), number(config.spis.last())),
      ike_(config.prefix_bits) {
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
  // Without 0: an initiator's first packet has a responder cookie of zeros.
  if (config.prefix_bits != 0) prefixes_.emplace(1, ~std::uint32_t{0} >> (32 - config.prefix_bits));
  // All hosts share the ports of IKE and are told apart by cookies (RFC 3104 section 4), so that nobody can have them.
  for (const Port port : {Port{500}, Port{4500}}) {
    if (NumberPool* pool = pool_of({port, 1}, true)) pool->take({number(port), 1});
  }
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

std::optional<CookiePrefix> PublicAddress::take_prefix(const std::optional<CookiePrefix>& suggested, Time now,
                                                       const Random& random) {
  wake(now);
  if (!prefixes_) return std::nullopt;
  if (suggested && suggested->bits == prefix_bits_ && prefixes_->take(interval_of(*suggested))) return suggested;
  const std::optional<Interval> taken = prefixes_->take_run(1, random);
  if (!taken) return std::nullopt;
  return CookiePrefix{taken->first << (32 - prefix_bits_), prefix_bits_};
}

void PublicAddress::give_back(const Numbers& numbers) {
  for (const Run<Port>& run : numbers.ports) release(Kind::port, interval_of(run));
  for (const Run<Spi>& run : numbers.spis) release(Kind::spi, interval_of(run));
  if (numbers.prefix) release(Kind::prefix, interval_of(*numbers.prefix));
}

void PublicAddress::rest(const Numbers& numbers, Time until) {
  for (const Run<Port>& run : numbers.ports) resting_.push_back({until, Kind::port, interval_of(run)});
  for (const Run<Spi>& run : numbers.spis) resting_.push_back({until, Kind::spi, interval_of(run)});
  if (numbers.prefix) resting_.push_back({until, Kind::prefix, interval_of(*numbers.prefix)});
}

void PublicAddress::wake(Time now) {
  while (!resting_.empty() && resting_.front().until <= now) {
    release(resting_.front().kind, resting_.front().interval);
    resting_.pop_front();
  }
}

void PublicAddress::release(Kind kind, Interval interval) {
  switch (kind) {
    case Kind::port:
      return pool_of(run_of<Port>(interval), true)->release(interval);
    case Kind::spi:
      return pool_of(run_of<Spi>(interval))->release(interval);
    case Kind::prefix:
      return prefixes_->release(interval);
  }
}

}  // namespace rsip::lease
