// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::lease {

/// The binding that something on a shared address belongs to.
struct Holder {
  Ipv4 host;
  BindId bind{};
  friend constexpr auto operator<=>(const Holder&, const Holder&) = default;
};

/// Which hosts have IKE with which peers, on the ports of one address that hosts share. Where a peer has IKE with one
/// host alone, what no cookie tells apart is for that host: for the first of its bindings that has to do with the peer.
/// Every operation has constant cost in the number of hosts that have IKE with a peer, but for a logarithm.
class IkePeers {
 public:
  /// No effect where it is known.
  void add(Ipv4 peer, Holder holder);
  /// No effect where it is not known.
  void remove(Ipv4 peer, Holder holder);

  /// The binding of the only host, as things are; nothing where there are several or none.
  std::optional<Holder> sole(Ipv4 peer) const;
  /// The same if this binding came to have to do with the peer.
  std::optional<Holder> sole_with(Ipv4 peer, Holder more) const;
  /// The same if this binding ended.
  std::optional<Holder> sole_without(Ipv4 peer, Holder less) const;
  /// The same if this host went.
  std::optional<Holder> sole_without(Ipv4 peer, Ipv4 host) const;

  bool empty() const { return by_peer_.empty(); }

 private:
  using Binds = std::set<BindId>;
  using Hosts = std::map<Ipv4, Binds>;

  std::unordered_map<Ipv4, Hosts> by_peer_;
};

}  // namespace rsip::lease
