// SPDX-License-Identifier: GPL-2.0-or-later
// The tuples of QUERY_REQUEST and QUERY_RESPONSE and the indicators before them (RFC 3103 sections 9.14 and 9.15):
// 1 address, 2 network; in responses these are the local ones, and 3 remote address, 4 remote network.
#pragma once

#include <cstddef>

#include "wire/message.hpp"
#include "wire/values.hpp"

namespace rsip::wire {

constexpr bool is_network(Indicator indicator) {
  return number(indicator) % 2 == 0;
}
constexpr bool is_remote(Indicator indicator) {
  return number(indicator) > 2;
}

/// How many addresses follow: <Address>, or <Address (network)> <Address (netmask)>.
constexpr std::size_t addresses_of(Indicator indicator) {
  return is_network(indicator) ? 2 : 1;
}

/// RFC 3103 section 9.14.3: a network's address is no name, its netmask only in netmask form.
inline bool is_well_formed(const QueryTuple& tuple) {
  return !tuple.netmask ||
         (std::holds_alternative<Ipv4Netmask>(*tuple.netmask) && !std::holds_alternative<Fqdn>(tuple.address));
}

inline Indicator indicator_of(const QueryTuple& tuple) {
  return static_cast<Indicator>((tuple.remote ? 3 : 1) + (tuple.netmask ? 1 : 0));
}

}  // namespace rsip::wire
