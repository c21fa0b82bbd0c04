// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/pool_use.hpp"

#include <algorithm>
#include <initializer_list>

namespace rsip::lease {

namespace {

/// Hosts share these, so nobody can have them (PublicAddress).
std::uint64_t count_ike_ports(const Run<Port>& range) {
  return std::uint64_t{range.contains(Port{500})} + std::uint64_t{range.contains(Port{4500})};
}

std::uint64_t overlap(const Run<Spi>& one, const Run<Spi>& other) {
  const Spi first = std::max(one.first, other.first);
  const Spi last = std::min(one.last(), other.last());
  return first <= last ? std::uint64_t{number(last)} - number(first) + 1 : 0;
}

/// A rest that is over has not been noticed yet where nobody has taken a number since.
void count_rest(Use& use, std::uint64_t count, bool over) {
  (over ? use.free : use.resting) += count;
}

}  // namespace

AddressUse use_of(const PublicAddress& address, const Config& config, Time now) {
  AddressUse use;
  use.ports = {config.ports.count - count_ike_ports(config.ports), address.free_ports().free()};
  if (config.listen_ports) {
    use.listen_ports = {config.listen_ports->count - count_ike_ports(*config.listen_ports),
                        address.free_listen_ports()->free()};
  }
  use.spis = {config.spis.count, address.free_spis().free()};
  if (config.suggested_spis) {
    use.suggested_spis = {config.suggested_spis->count - overlap(config.spis, *config.suggested_spis),
                          address.free_suggested_spis()->free()};
  }
  if (address.free_prefixes()) {
    use.prefixes = {(std::uint64_t{1} << config.prefix_bits) - 1, address.free_prefixes()->free()};
  }
  use.cookies = address.ike().cookies().size();

  for (const PublicAddress::Resting& resting : address.resting()) {
    const bool over = resting.until <= now;
    switch (resting.kind) {
      case PublicAddress::Kind::port:
        count_rest(config.ports.contains(static_cast<Port>(resting.interval.first)) ? use.ports : *use.listen_ports,
                   resting.interval.count, over);
        break;
      case PublicAddress::Kind::spi:
        count_rest(config.spis.contains(static_cast<Spi>(resting.interval.first)) ? use.spis : *use.suggested_spis,
                   resting.interval.count, over);
        break;
      case PublicAddress::Kind::prefix:
        count_rest(*use.prefixes, resting.interval.count, over);
        break;
    }
  }
  return use;
}

Use use_of(const WholeAddresses& addresses, Time now) {
  const std::size_t resting = addresses.resting(now);
  const std::size_t free = addresses.size() - addresses.leased() - resting;
  return {addresses.size(), free, resting};
}

}  // namespace rsip::lease
