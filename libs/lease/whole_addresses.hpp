// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <optional>
#include <tl/expected.hpp>
#include <unordered_map>
#include <vector>

#include "lease/config.hpp"
#include "lease/number_pool.hpp"
#include "lease/refusal.hpp"
#include "types/ipv4.hpp"

namespace rsip::lease {

/// The addresses that are leased as a whole (RSA-IP). Each is free, or resting, or one host's; that host may hold it
/// by several bindings, each for another remote (RFC 3103 section 7.2).
class WholeAddresses {
 public:
  explicit WholeAddresses(const std::vector<Ipv4>& addresses);

  bool empty() const { return addresses_.empty(); }
  /// Nothing where the address is nobody's.
  std::optional<Ipv4> holder(Ipv4 address) const;

  /// `wanted`, which `host` may hold already, or a random free one. address_unavailable, address_in_use,
  /// address_unallowed (RFC 3103 section 9.6.3). Ends rests that are over at `now`.
  tl::expected<Ipv4, Refusal> take(std::optional<Ipv4> wanted, Ipv4 host, Time now, const Random& random);

  /// Ends one binding of the address. After the last, it is free at `until`: at once for Time{}, else calls must come
  /// with `until` not decreasing.
  void give_back(Ipv4 address, Time until = {});

  std::size_t free() const { return static_cast<std::size_t>(free_.free()); }
  std::size_t resting() const { return resting_.size(); }
  std::size_t resting(Time now) const;  ///< without those whose rest is over
  std::size_t leased() const { return holders_.size(); }
  std::size_t size() const { return addresses_.size(); }

 private:
  struct Holder {
    Ipv4 host;
    std::uint32_t bindings = 0;
  };
  struct Resting {
    Time until;
    std::uint32_t index;
  };

  void wake(Time now);

  std::vector<Ipv4> addresses_;
  std::unordered_map<Ipv4, std::uint32_t> index_;
  NumberPool free_;  ///< of indices into addresses_
  std::deque<Resting> resting_;
  std::unordered_map<Ipv4, Holder> holders_;
};

}  // namespace rsip::lease
