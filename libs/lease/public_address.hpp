// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "lease/config.hpp"
#include "lease/number_pool.hpp"
#include "lease/shared_ike.hpp"
#include "types/cookie_prefix.hpp"
#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::lease {

/// What is asked of one kind of number: nothing (0), any `count`, or particular ones.
template <typename Id>
struct Wanted {
  std::uint32_t any = 0;
  std::vector<Run<Id>> particular;

  std::uint32_t count() const {
    std::uint32_t sum = any;
    for (const Run<Id>& run : particular) sum += run.count;
    return sum;
  }
};

/// What a binding has of one address: some of its numbers, or the whole of it where it has none.
struct Numbers {
  std::vector<Run<Port>> ports;
  std::vector<Run<Spi>> spis;
  std::optional<CookiePrefix> prefix;

  bool is_whole_address() const { return ports.empty() && spis.empty() && !prefix; }
};

/// One shared public address: which of its ports, SPIs and cookie prefixes are free, and whose its IKE is.
class PublicAddress {
 public:
  PublicAddress(Ipv4 address, const Config& config);

  Ipv4 address() const { return address_; }

  enum class Failure { unavailable, in_use, out_of_range };
  template <typename Id>
  using Taken = std::variant<std::vector<Run<Id>>, Failure>;

  /// Ports: one run where one is free, else as few as possible. All or nothing. Ends rests that are over at `now`.
  /// Those that are for LISTEN alone (Config::listen_ports) are given only as particular ones, to who may `listen`.
  Taken<Port> take_ports(const Wanted<Port>& wanted, bool listen, Time now, const Random& random);
  /// SPIs that may be any are always one run, so that an IKE daemon can be told a first and a last one. Particular ones
  /// may be those of Config::suggested_spis, too; each run lies in one of the two ranges.
  Taken<Spi> take_spis(const Wanted<Spi>& wanted, Time now, const Random& random);

  /// A cookie prefix of the length that all prefixes have, `suggested` where that is free; nothing where none is free,
  /// or none are given.
  std::optional<CookiePrefix> take_prefix(const std::optional<CookiePrefix>& suggested, Time now, const Random& random);

  /// Back to the pool at once: they never were in use.
  void give_back(const Numbers& numbers);
  /// Back to the pool at `until` (RFC 3102 section 6.1). Calls must come with `until` not decreasing.
  void rest(const Numbers& numbers, Time until);

  SharedIke& ike() { return ike_; }
  const SharedIke& ike() const { return ike_; }

  enum class Kind { port, spi, prefix };
  struct Resting {
    Time until;
    Kind kind;
    Interval interval;
  };
  // For tests that add up. A rest that is over counts as resting until somebody takes a number.
  const NumberPool& free_ports() const { return ports_; }
  const std::optional<NumberPool>& free_listen_ports() const { return listen_ports_; }
  const NumberPool& free_spis() const { return spis_; }
  const std::optional<NumberPool>& free_suggested_spis() const { return suggested_spis_; }
  const std::deque<Resting>& resting() const { return resting_; }
  const std::optional<NumberPool>& free_prefixes() const { return prefixes_; }

 private:
  void wake(Time now);
  NumberPool* pool_of(Run<Port> run, bool listen);
  NumberPool* pool_of(Run<Spi> run);
  void release(Kind kind, Interval interval);

  Ipv4 address_;
  std::uint8_t prefix_bits_;
  NumberPool ports_;
  std::optional<NumberPool> listen_ports_;
  NumberPool spis_;
  std::optional<NumberPool> suggested_spis_;  ///< without those of spis_
  std::optional<NumberPool> prefixes_;        ///< right-aligned
  std::deque<Resting> resting_;
  SharedIke ike_;
};

}  // namespace rsip::lease
