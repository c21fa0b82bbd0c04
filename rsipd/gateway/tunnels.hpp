// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "gateway/kernel.hpp"

namespace rsip::gateway {

/// A tunnel device, and where it leads.
struct TunnelDevice {
  steer::Device device;
  Ipv4 host;
  TunnelType type = TunnelType::ip_ip;
  Ipv4 gateway;            ///< our end
  std::uint32_t slot = 0;  ///< the n of rsip<n>
};

/// The tunnel devices to the hosts: one for each host and tunnel type that a binding needs.
class Tunnels {
 public:
  explicit Tunnels(Kernel& kernel) : kernel_(kernel) {}

  /// The host's tunnel of this type. Makes it, with `gateway` as our end, where there is none.
  Result<const TunnelDevice*> obtain(ClientId client, Ipv4 host, TunnelType type, Ipv4 gateway);
  /// Null where there is none.
  const TunnelDevice* find(Ipv4 host, TunnelType type) const;
  const TunnelDevice* find(std::uint32_t ifindex) const;

  /// No binding needs it any more, if it is there at all. The device goes with the next remove_idle().
  void retire(Ipv4 host, TunnelType type);
  /// Slow: the kernel waits for packets under way.
  void remove_idle();

 private:
  struct End {
    Ipv4 host;
    TunnelType type;
    friend auto operator<=>(const End&, const End&) = default;
  };
  std::uint32_t new_slot();

  Kernel& kernel_;
  std::map<End, TunnelDevice> tunnels_;
  std::unordered_map<std::uint32_t, const TunnelDevice*> by_ifindex_;
  std::vector<TunnelDevice> idle_;
  std::set<std::uint32_t> free_slots_;
  std::uint32_t slots_ = 0;
};

}  // namespace rsip::gateway
