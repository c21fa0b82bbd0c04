// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/tunnels.hpp"

#include <spdlog/spdlog.h>

namespace rsip::gateway {

Result<const TunnelDevice*> Tunnels::obtain(ClientId client, Ipv4 host, TunnelType type, Ipv4 gateway) {
  if (const TunnelDevice* present = find(host, type)) return present;
  remove_idle();  // one of them may have the same ends
  const std::uint32_t slot = new_slot();
  Result<steer::Device> made = kernel_.add_tunnel({slot, type, client, host, gateway});
  if (!made) {
    free_slots_.insert(slot);
    return tl::unexpected(made.error());
  }
  const auto [position, inserted] =
      tunnels_.emplace(End{host, type}, TunnelDevice{std::move(*made), host, type, gateway, slot});
  by_ifindex_.emplace(position->second.device.index, &position->second);
  return &position->second;
}

const TunnelDevice* Tunnels::find(Ipv4 host, TunnelType type) const {
  const auto found = tunnels_.find({host, type});
  return found == tunnels_.end() ? nullptr : &found->second;
}

const TunnelDevice* Tunnels::find(std::uint32_t ifindex) const {
  const auto found = by_ifindex_.find(ifindex);
  return found == by_ifindex_.end() ? nullptr : found->second;
}

void Tunnels::retire(Ipv4 host, TunnelType type) {
  const auto found = tunnels_.find({host, type});
  if (found == tunnels_.end()) return;
  by_ifindex_.erase(found->second.device.index);
  idle_.push_back(std::move(found->second));
  tunnels_.erase(found);
}

void Tunnels::remove_idle() {
  for (const TunnelDevice& tunnel : idle_) {
    if (const Result<void> done = kernel_.remove_tunnel(tunnel.device); done) {
      free_slots_.insert(tunnel.slot);
    } else {
      spdlog::error("{}", done.error().text());  // and its name stays in use
    }
  }
  idle_.clear();
}

std::uint32_t Tunnels::new_slot() {
  if (free_slots_.empty()) return ++slots_;
  return free_slots_.extract(free_slots_.begin()).value();
}

}  // namespace rsip::gateway
