// SPDX-License-Identifier: GPL-2.0-or-later
// What a lease needs of the host's kernel, as values: the tunnel device, and the rules that choose its routing table.
//
// Table `table` has one route, `default dev <device> src <address>`. The rules, lowest priority number first:
//
//   priority      from <address> lookup table             always: the source address chooses the tunnel
//   with the default route:
//   priority + 1  from <local> lookup main                what is bound to the private address stays there, the
//   tunnel's
//                                                         own packets included
//   priority + 2  to <remote> lookup main                 the gateway is reached outside the tunnel
//   priority + 3  lookup main suppress_prefixlength 0     every route but the default one still counts
//   priority + 4  lookup table                            the rest goes through the tunnel
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/ipv4.hpp"

namespace rsip::host {

inline constexpr std::uint32_t default_table = 4555;     ///< as the protocol's port
inline constexpr std::uint32_t default_priority = 4555;  ///< before the main table's 32766
inline constexpr std::uint32_t rules_per_device = 5;     ///< priorities that one device may take

struct Network {
  std::string device;
  Ipv4 gateway;
  Ipv4 local;    ///< outer source address: this host's in the private realm
  Ipv4 remote;   ///< outer destination: the tunnel's far end
  Ipv4 address;  ///< the leased one
  std::uint32_t table = default_table;
  std::uint32_t priority = default_priority;
  bool default_route = false;
  friend bool operator==(const Network&, const Network&) = default;
};

/// An entry of `ip rule`.
struct Rule {
  std::uint32_t priority = 0;
  std::optional<Ipv4> from;
  std::optional<Ipv4> to;
  std::uint32_t table = 0;
  std::optional<std::uint32_t> suppress_prefixlength;
  friend auto operator<=>(const Rule&, const Rule&) = default;
};

std::vector<Rule> rules_of(const Network& network);

/// The rules of `network` that `other` does not have.
std::vector<Rule> rules_missing_in(const Network& other, const Network& network);

/// What tells the device from others: "rsip 10.0.0.1".
std::string alias_of(const Network& network);

/// For error messages, in the words of ip-rule(8).
std::string to_string(const Rule& rule);

}  // namespace rsip::host
