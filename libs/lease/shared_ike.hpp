// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

#include "lease/ike_peers.hpp"
#include "types/cookie_prefix.hpp"
#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::lease {

/// UDP ports 500 and 4500 of one address, which hosts share: whose the initiator cookies are (RFC 3104 section 6.1:
/// unique per address), whose the cookie prefixes, and who listens for which peer.
class SharedIke {
 public:
  /// `prefix_bits`: the length of all cookie prefixes of this address.
  explicit SharedIke(std::uint8_t prefix_bits) : prefix_bits_(prefix_bits) {}

  /// The binding that has this very cookie.
  std::optional<Holder> owner(Cookie cookie) const;
  /// The binding that has the prefix which this cookie begins with.
  std::optional<Holder> prefix_owner(Cookie cookie) const;

  void add_cookie(Cookie cookie, Holder holder);
  void remove_cookie(Cookie cookie);
  void add_prefix(CookiePrefix prefix, Holder holder);
  void remove_prefix(CookiePrefix prefix);

  /// Whether nobody listens yet for one of `peers`; or where there are none, for any peer, which takes that no other
  /// host uses these ports.
  bool may_listen(std::span<const Ipv4> peers, Ipv4 host) const;
  void add_listener(std::span<const Ipv4> peers, Holder holder);
  void remove_listener(std::span<const Ipv4> peers, Holder holder);

  /// A binding has IKE with a peer. Listening for a peer counts as that.
  void add_peer(Ipv4 peer, Holder holder);
  void remove_peer(Ipv4 peer, Holder holder);
  const IkePeers& peers() const { return peers_; }

  // For tests that add up.
  const std::unordered_map<Cookie, Holder>& cookies() const { return cookies_; }
  const std::unordered_map<std::uint32_t, Holder>& prefixes() const { return prefixes_; }
  const std::unordered_map<Ipv4, Holder>& listeners() const { return listeners_; }
  const std::optional<Holder>& any_listener() const { return any_listener_; }
  bool in_use() const { return !users_.empty(); }

 private:
  void use(Ipv4 host) { ++users_[host]; }
  void end_use(Ipv4 host);

  std::uint8_t prefix_bits_;
  std::unordered_map<Cookie, Holder> cookies_;
  std::unordered_map<std::uint32_t, Holder> prefixes_;  ///< by CookiePrefix::value
  std::unordered_map<Ipv4, Holder> listeners_;          ///< by peer
  std::optional<Holder> any_listener_;
  IkePeers peers_;
  std::unordered_map<Ipv4, std::uint32_t> users_;  ///< by host: how many of the above it has
};

}  // namespace rsip::lease
