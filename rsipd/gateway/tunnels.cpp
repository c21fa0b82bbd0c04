// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/tunnels.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace rsip::gateway {

Result<const TunnelDevice*> Tunnels::obtain(ClientId client, Ipv4 host, TunnelType type, Ipv4 gateway) {
  if (const TunnelDevice* present = find(host, type)) return present;
  if (std::optional<TunnelDevice> former = take_idle(host, type)) {
    if (former->gateway == gateway) return take_in_use(std::move(*former));
    remove(*former);  // the kernel has but one with these ends
  }
  const std::uint32_t slot = new_slot();
  Result<steer::Device> made = kernel_.add_tunnel({slot, type, client, host, gateway});
  if (!made) {
    free_slots_.insert(slot);
    return tl::unexpected(made.error());
  }
  return take_in_use({std::move(*made), host, type, gateway, slot});
}

std::optional<TunnelDevice> Tunnels::take_idle(Ipv4 host, TunnelType type) {
  const auto found = idle_by_end_.find({host, type});
  if (found == idle_by_end_.end()) return std::nullopt;
  TunnelDevice tunnel = std::move(*found->second);
  idle_.erase(found->second);
  idle_by_end_.erase(found);
  return tunnel;
}

const TunnelDevice* Tunnels::take_in_use(TunnelDevice tunnel) {
  const End end{tunnel.host, tunnel.type};
  const TunnelDevice& there = tunnels_.emplace(end, std::move(tunnel)).first->second;
  by_ifindex_.emplace(there.device.index, &there);
  return &there;
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
  keep_idle(std::move(found->second));
  tunnels_.erase(found);
}

void Tunnels::retire_unless(const std::function<bool(Ipv4 host, TunnelType type)>& needed) {
  std::vector<End> retired;
  for (const auto& [end, tunnel] : tunnels_) {
    if (!needed(end.host, end.type)) retired.push_back(end);
  }
  for (const End& end : retired) retire(end.host, end.type);
}

void Tunnels::keep_idle(TunnelDevice tunnel) {
  const End end{tunnel.host, tunnel.type};
  idle_by_end_[end] = idle_.insert(idle_.end(), std::move(tunnel));
}

void Tunnels::reconcile(const std::vector<Kernel::MadeTunnel>& there) {
  const std::map<End, TunnelDevice> in_use = std::exchange(tunnels_, {});
  by_ifindex_.clear();
  idle_.clear();
  idle_by_end_.clear();
  free_slots_.clear();
  slots_ = 0;
  std::set<std::uint32_t> taken;
  for (const auto& [tunnel, device] : there) {
    taken.insert(tunnel.slot);
    TunnelDevice found{device, tunnel.host, tunnel.type, tunnel.gateway, tunnel.slot};
    const auto known = in_use.find({tunnel.host, tunnel.type});
    if (known != in_use.end() && known->second == found) {
      take_in_use(std::move(found));
    } else {
      keep_idle(std::move(found));
    }
  }
  if (!taken.empty()) slots_ = *taken.rbegin();
  for (std::uint32_t slot = 1; slot < slots_; ++slot) {
    if (!taken.contains(slot)) free_slots_.insert(slot);
  }
}

void Tunnels::remove_idle() {
  if (idle_.empty()) return;
  if (const std::optional<TunnelDevice> tunnel = take_idle(idle_.front().host, idle_.front().type)) remove(*tunnel);
}

void Tunnels::remove(const TunnelDevice& tunnel) {
  if (const Result<void> done = kernel_.remove_tunnel(tunnel.device); done) {
    free_slots_.insert(tunnel.slot);
  } else {
    spdlog::error("{}", done.error().text());  // and its name stays in use
  }
}

std::uint32_t Tunnels::new_slot() {
  if (free_slots_.empty()) return ++slots_;
  return free_slots_.extract(free_slots_.begin()).value();
}

}  // namespace rsip::gateway
