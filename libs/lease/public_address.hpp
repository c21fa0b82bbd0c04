// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "lease/config.hpp"
#include "lease/number_pool.hpp"
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

/// The binding that an IKE initiator cookie belongs to.
struct CookieOwner {
  Ipv4 host;
  BindId bind{};
  friend constexpr auto operator<=>(const CookieOwner&, const CookieOwner&) = default;
};

/// One shared public address: which of its ports, SPIs and initiator cookies are whose to give.
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

  /// Back to the pool at once: they never were in use.
  void give_back(const std::vector<Run<Port>>& ports, const std::vector<Run<Spi>>& spis);
  /// Back to the pool at `until` (RFC 3102 section 6.1). Calls must come with `until` not decreasing.
  void rest(const std::vector<Run<Port>>& ports, const std::vector<Run<Spi>>& spis, Time until);

  /// Cookies in use on this address. RFC 3104 section 6.1: unique per address.
  std::unordered_map<Cookie, CookieOwner>& cookies() { return cookies_; }

  enum class Kind { port, spi };
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
  const std::unordered_map<Cookie, CookieOwner>& cookies() const { return cookies_; }

 private:
  void wake(Time now);
  NumberPool* pool_of(Run<Port> run, bool listen);
  NumberPool* pool_of(Run<Spi> run);
  void release(Run<Port> run);
  void release(Run<Spi> run);

  Ipv4 address_;
  NumberPool ports_;
  std::optional<NumberPool> listen_ports_;
  NumberPool spis_;
  std::optional<NumberPool> suggested_spis_;  ///< without those of spis_
  std::deque<Resting> resting_;
  std::unordered_map<Cookie, CookieOwner> cookies_;
};

}  // namespace rsip::lease
