// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
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
  friend bool operator==(const TunnelDevice&, const TunnelDevice&) = default;
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

  /// These are the devices that there are. One that is gone, though it was in use, is made anew by obtain(); one that
  /// is not in use is idle.
  void reconcile(const std::vector<Kernel::MadeTunnel>& there);

  /// Those in use that are not needed are idle from now on.
  void retire_unless(const std::function<bool(Ipv4 host, TunnelType type)>& needed);
  /// No binding needs it any more, if it is there at all. The device stays until remove_idle() comes to it, and is
  /// taken back if the host needs one again before.
  void retire(Ipv4 host, TunnelType type);
  /// Removes the one that has been idle longest. Slow: the kernel waits for packets under way.
  void remove_idle();
  bool has_idle() const { return !idle_.empty(); }

 private:
  struct End {
    Ipv4 host;
    TunnelType type;
    friend auto operator<=>(const End&, const End&) = default;
  };
  std::optional<TunnelDevice> take_idle(Ipv4 host, TunnelType type);
  const TunnelDevice* take_in_use(TunnelDevice tunnel);
  void keep_idle(TunnelDevice tunnel);
  void remove(const TunnelDevice& tunnel);
  std::uint32_t new_slot();

  Kernel& kernel_;
  std::map<End, TunnelDevice> tunnels_;
  std::unordered_map<std::uint32_t, const TunnelDevice*> by_ifindex_;
  std::list<TunnelDevice> idle_;  ///< idle longest first
  std::map<End, std::list<TunnelDevice>::iterator> idle_by_end_;
  std::set<std::uint32_t> free_slots_;
  std::uint32_t slots_ = 0;
};

}  // namespace rsip::gateway
