// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/whole_addresses.hpp"

#include <algorithm>

namespace rsip::lease {

WholeAddresses::WholeAddresses(const std::vector<Ipv4>& addresses)
    : addresses_(addresses), free_(0, addresses.empty() ? 0 : static_cast<std::uint32_t>(addresses.size() - 1)) {
  for (std::uint32_t i = 0; i < addresses_.size(); ++i) index_.emplace(addresses_[i], i);
}

std::optional<Ipv4> WholeAddresses::holder(Ipv4 address) const {
  const auto found = holders_.find(address);
  return found == holders_.end() ? std::nullopt : std::optional(found->second.host);
}

tl::expected<Ipv4, Refusal> WholeAddresses::take(std::optional<Ipv4> wanted, Ipv4 host, Time now,
                                                 const Random& random) {
  wake(now);
  if (addresses_.empty()) {
    return tl::unexpected(wanted ? Refusal::address_unallowed : Refusal::address_unavailable);
  }
  Ipv4 taken;
  if (!wanted) {
    const std::optional<Interval> any = free_.take_run(1, random);
    if (!any) return tl::unexpected(Refusal::address_unavailable);
    taken = addresses_[any->first];
  } else {
    const auto found = index_.find(*wanted);
    if (found == index_.end()) return tl::unexpected(Refusal::address_unallowed);
    taken = *wanted;
    if (holder(taken) != host && !free_.take({found->second, 1})) {
      // "If the RSIP gateway cannot allocate ANY addresses" comes first in RFC 3103 section 9.6.3.
      return tl::unexpected(free_.free() == 0 ? Refusal::address_unavailable : Refusal::address_in_use);
    }
  }
  Holder& by = holders_[taken];
  by.host = host;
  ++by.bindings;
  return taken;
}

void WholeAddresses::give_back(Ipv4 address, Time until) {
  const auto held = holders_.find(address);
  if (--held->second.bindings > 0) return;
  holders_.erase(held);
  const std::uint32_t index = index_.at(address);
  if (until == Time{}) {
    free_.release({index, 1});
  } else {
    resting_.push_back({until, index});
  }
}

std::size_t WholeAddresses::resting(Time now) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(resting_, [now](const Resting& resting) { return resting.until > now; }));
}

void WholeAddresses::wake(Time now) {
  while (!resting_.empty() && resting_.front().until <= now) {
    free_.release({resting_.front().index, 1});
    resting_.pop_front();
  }
}

}  // namespace rsip::lease
