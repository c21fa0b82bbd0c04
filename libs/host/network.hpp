// SPDX-License-Identifier: GPL-2.0-or-later
// What leases need of the host's kernel, as values: the tunnel devices, and the rules that choose their routing tables.
//
// There is one device for each type of tunnel in use, and a table for each device with one route, `default dev <device>
// src <address>`. The rules, lowest priority number first:
//
//   priority - 1  from <address> sport <ports> lookup table    where another device has the address (see Selector)
//   priority - 1  from <address> ipproto esp lookup table      and ah
//   priority      from <address> lookup table                  always: the source address chooses the tunnel
//   with the default route:
//   priority + 1  from <local> lookup main                     what is bound to the private address stays there, the
//                                                              tunnel's own packets included
//   priority + 2  to <remote> lookup main                      the gateway is reached outside the tunnel
//   priority + 3  lookup main suppress_prefixlength 0          every route but the default one still counts
//   priority + 4  lookup table                                 the rest goes through the tunnel
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/grant.hpp"
#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::host {

inline constexpr std::uint32_t default_table = 4555;     ///< as the protocol's port
inline constexpr std::uint32_t default_priority = 4555;  ///< before the main table's 32766
inline constexpr std::uint32_t rules_below = 1;          ///< priorities in use below that of the device,
inline constexpr std::uint32_t rules_above = 4;          ///< and above

/// Picks packets of an address that another device has as its own, for bindings of both tunnel types on one address.
struct Selector {
  Ipv4 from;
  std::optional<Run<Port>> sport;
  std::optional<std::uint8_t> protocol;
  friend auto operator<=>(const Selector&, const Selector&) = default;
};

struct Network {
  std::string device;
  TunnelType tunnel = TunnelType::ip_ip;
  Ipv4 gateway;
  Ipv4 local;                       ///< outer source address: this host's in the private realm
  Ipv4 remote;                      ///< outer destination: the tunnel's far end
  std::vector<Ipv4> addresses;      ///< the leased ones that are this device's, the route's source first
  std::vector<Selector> selectors;  ///< what of other devices' addresses goes through this one
  std::uint32_t table = default_table;
  std::uint32_t priority = default_priority;
  bool default_route = false;
  friend bool operator==(const Network&, const Network&) = default;
};

/// An entry of `ip rule`.
struct Rule {
  std::uint32_t priority = 0;
  std::optional<Ipv4> from{};
  std::optional<Ipv4> to{};
  std::uint32_t table = 0;
  std::optional<std::uint32_t> suppress_prefixlength{};
  std::optional<Run<Port>> sport{};
  std::optional<std::uint8_t> protocol{};
  friend auto operator<=>(const Rule&, const Rule&) = default;
};

/// The networks for these grants, the first grant's first. `base` is that one's, with nothing leased yet; a network of
/// another tunnel type takes the base's device name with the letter of its type appended, and the next table. Fails
/// where that name would be too long, or where two grants want different far ends of one device.
Result<std::vector<Network>> networks_for(const Network& base, const std::vector<Grant>& grants);

std::vector<Rule> rules_of(const Network& network);

/// The rules of `network` that `other` does not have.
std::vector<Rule> rules_missing_in(const Network& other, const Network& network);

/// What tells the device from others: "rsip 10.0.0.1".
std::string alias_of(const Network& network);

/// For error messages, in the words of ip-rule(8).
std::string to_string(const Rule& rule);

}  // namespace rsip::host
