// SPDX-License-Identifier: GPL-2.0-or-later
// Which addresses and networks are local, that is private with respect to the hosts, for QUERY_RESPONSE (RFC 3103
// section 9.15).
//
// Local is what the administrator names (--local-network), and what the kernel routes to the private side. Remote is
// what it routes to the public side. A default route decides nothing: it is where the gateway sends what it knows
// nothing about, and the private realm may be larger than it knows. What is neither is unknown and left out of the
// response; hosts then take it for remote (section 9.15.3).
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "gateway/routes.hpp"
#include "lease/config.hpp"
#include "types/ipv4.hpp"
#include "wire/message.hpp"

namespace rsip::gateway {

inline constexpr std::size_t max_tuples_asked = 64;      ///< of a request; further ones stay unknown
inline constexpr std::size_t max_networks_listed = 256;  ///< in an answer to "all"
inline constexpr std::chrono::seconds routes_max_age{5};

class Locality {
 public:
  Locality(std::vector<Prefix> local_networks, Routes& routes);

  /// The tuples of the response to a request with these, in the order in which RFC 3103 section 9.15.2 prints them.
  std::vector<wire::QueryTuple> answer(const std::vector<wire::QueryTuple>& asked, lease::Time now);

 private:
  using Side = Routes::Side;

  std::optional<Side> side_of(const wire::QueryTuple& tuple, lease::Time now);
  std::optional<Side> side_of(Ipv4 address);
  std::optional<Side> side_of(const Prefix& network, lease::Time now);
  std::optional<Routes::Route> route_to(Ipv4 address);
  std::vector<wire::QueryTuple> all(lease::Time now);
  void refresh(lease::Time now);
  bool is_configured(const Prefix& network) const;

  std::vector<Prefix> local_networks_;
  Routes& routes_;
  std::vector<Prefix> routed_;  ///< to the private side, without default routes; ordered
  std::optional<lease::Time> refreshed_;
};

}  // namespace rsip::gateway
