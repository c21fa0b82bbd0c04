// SPDX-License-Identifier: GPL-2.0-or-later
// What the lease table holds: registrations and their bindings.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "lease/config.hpp"
#include "lease/public_address.hpp"
#include "types/cookie_prefix.hpp"
#include "types/ids.hpp"
#include "types/ipv4.hpp"
#include "types/remote.hpp"

namespace rsip::lease {

/// How a binding was asked for, which says what it grants.
enum class Kind : std::uint8_t {
  rsa_ip,   ///< a whole address
  rsap_ip,  ///< ports of a shared address
  rsipsec,  ///< SPIs of a shared address, perhaps ports; the host may send ESP, AH and IKE from port 500 with it
  listen,   ///< ports of a shared address, perhaps well-known ones (RFC 3103 section 9.16)
  /// IKE that its remotes start, or where it has none anybody, to port 500 of a shared address (RFC 3104 appendix G).
  /// The port stays shared. The host may send ESP and AH as well.
  listen_ike,
};

/// What an ASSIGN_REQUEST or LISTEN_REQUEST asks for.
struct Request {
  Kind kind = Kind::rsap_ip;
  std::optional<Ipv4> address{};  ///< a particular one
  Wanted<Port> ports{};
  Wanted<Spi> spis{};
  std::vector<Remote> remotes{};  ///< the only peers (remote flow policy); none: any peer
  /// Wants an IKE cookie prefix of at most so many bits, but may go without; 0: does not.
  std::uint8_t prefix_bits = 0;
  std::optional<CookiePrefix> prefix{};  ///< the one it would like best
  TunnelType tunnel = TunnelType::ip_ip;
  Ipv4 gateway{};  ///< our end of the tunnel
  std::optional<LeaseTime> lease{};
};

struct Binding {
  BindId id{};
  Kind kind = Kind::rsap_ip;
  Ipv4 address;
  std::vector<Run<Port>> ports;
  std::vector<Run<Spi>> spis;
  std::optional<CookiePrefix> prefix;
  std::vector<Remote> remotes;  ///< the only peers, ascending, each once; none: any peer
  TunnelType tunnel = TunnelType::ip_ip;
  Ipv4 gateway;  ///< our end of the tunnel
  Time expires;

  bool shares_address() const { return kind != Kind::rsa_ip; }
  friend bool operator==(const Binding&, const Binding&) = default;
};

/// The addresses that a binding is restricted to, each once; one "nothing" where it is not restricted.
std::vector<std::optional<Ipv4>> remote_addresses(const Binding& binding);

/// What a binding lets a host send from a shared address beside what goes from its ports.
enum class Permit : std::uint8_t {
  ipsec,  ///< ESP, AH, IKE from port 500, and ICMP echo requests: RSIPSEC bindings
  echo,   ///< ICMP echo requests alone: the other bindings of a shared address
};

/// A permission that all bindings of a host share that agree in these.
struct Scope {
  Ipv4 address;
  TunnelType tunnel = TunnelType::ip_ip;
  std::optional<Ipv4> remote{};  ///< nothing: to any peer
  Permit permit = Permit::ipsec;
  friend auto operator<=>(const Scope&, const Scope&) = default;
};

/// Those of a binding; none where it has a whole address, from which a host may send anything.
std::vector<Scope> scopes_of(const Binding& binding);

/// A host has IKE with a peer, on the ports that hosts share.
struct IkeState {
  BindId bind{};
  Ipv4 peer;
  std::optional<Cookie> cookie;  ///< nothing: a cookie with the prefix of the binding
  std::uint64_t packets = 0;     ///< that the kernel had counted when it was last asked
  friend bool operator==(const IkeState&, const IkeState&) = default;
};

struct Registration {
  ClientId client{};
  Ipv4 host;
  Time expires;
  std::map<BindId, Binding> bindings;
  /// The host's bindings in each scope, by the time they end.
  std::map<Scope, std::set<std::pair<Time, BindId>>> scopes;
  std::vector<IkeState> ike;  ///< least recently used first
  std::uint32_t ports_held = 0;
  std::uint32_t spis_held = 0;
  std::uint32_t addresses_held = 0;  ///< whole ones
  std::uint32_t last_bind = 0;
};

/// Those whose IKE a binding listens for; none where it listens for anybody's, or does not listen.
std::vector<Ipv4> listened_peers(const Binding& binding);

/// Those with which a binding has IKE, each once.
std::vector<Ipv4> ike_peers(const Registration& registration, const Binding& binding);

/// The end of a permission: when the last of the host's bindings in this scope is over. Nothing where it has none,
/// `without` not counted.
std::optional<Time> permitted_until(const Registration& registration, const Scope& scope,
                                    const Binding* without = nullptr);

}  // namespace rsip::lease
