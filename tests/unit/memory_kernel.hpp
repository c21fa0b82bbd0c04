// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gateway/kernel.hpp"

namespace rsip::test {

/// A kernel in memory with the rules of the real one: transactions are atomic, a key is there once, a tunnel's name
/// and far end are there once. Elements do not time out.
class MemoryKernel : public gateway::Kernel {
 public:
  using Key = std::tuple<steer::Family, std::string_view, std::vector<std::uint8_t>>;

  Result<steer::Device> add_tunnel(const Tunnel& tunnel) override {
    if (fail_tunnels) return failure(ENOMEM, "add tunnel");
    const std::string name = "rsip" + std::to_string(tunnel.slot);
    for (const auto& [index, other] : tunnels) {
      if (other.slot == tunnel.slot || (other.host == tunnel.host && other.type == tunnel.type))
        return failure(EEXIST, "add device " + name);
    }
    tunnels.emplace(++last_index, tunnel);
    return steer::Device{name, last_index};
  }

  Result<std::vector<MadeTunnel>> put_tunnels_in_order() override {
    std::vector<MadeTunnel> there;
    for (const auto& [index, tunnel] : tunnels) {
      there.push_back({tunnel, {"rsip" + std::to_string(tunnel.slot), index}});
    }
    return there;
  }

  Result<void> remove_tunnel(const steer::Device& device) override {
    if (tunnels.erase(device.index) == 0) return failure(ENODEV, "remove device " + device.name);
    return {};
  }

  Result<void> announce(Ipv4 address, const steer::Device& tunnel) override {
    if (fail_announce) return failure(EPERM, "announce " + to_string(address));
    if (!announced.emplace(address, tunnel.index).second) return failure(EEXIST, "announce " + to_string(address));
    return {};
  }
  Result<void> withdraw(Ipv4 address, const steer::Device&) override {
    announced.erase(address);
    return {};
  }

  Result<void> announce_only(const std::map<Ipv4, steer::Device>& wanted) override {
    announced.clear();
    for (const auto& [address, tunnel] : wanted) announced.emplace(address, tunnel.index);
    return {};
  }

  Result<bool> has_own_sa(Ipv4 destination, Spi spi) override {
    if (fail_own_sas) return failure(EPERM, "look up an SA");
    ++own_sa_lookups;
    return own_sas.contains({destination, spi});
  }

  Result<void> renew_rules() override { return {}; }

  Result<void> commit(const steer::Transaction& changes) override {
    ++commits;
    if (fail_commits) return failure(ENOENT, "commit");
    if (changes.afresh()) elements.clear();
    std::set<Key> removed;
    std::set<Key> added;
    for (const steer::Element& element : changes.removals()) removed.insert(key(element));
    for (const steer::Element& element : changes.additions()) {
      const bool is_there = elements.contains(key(element)) && !removed.contains(key(element));
      if (is_there || !added.insert(key(element)).second) return failure(EEXIST, "add " + steer::to_string(element));
    }
    for (const Key& key : removed) elements.erase(key);
    for (const steer::Element& element : changes.additions()) elements.emplace(key(element), element);
    return {};
  }

  Result<std::uint64_t> packets(const steer::Element& element) override {
    const auto found = counters.find(key(element));
    return found == counters.end() ? 0 : found->second;
  }

  static Key key(const steer::Element& element) { return {element.family, element.set, element.key}; }

  /// How many elements a set or map has; `family` tells the two maps of one name apart.
  std::size_t count(steer::Family family, const std::string& set) const {
    std::size_t sum = 0;
    for (const auto& [where, element] : elements) sum += std::get<0>(where) == family && std::get<1>(where) == set;
    return sum;
  }

  std::map<Key, steer::Element> elements;
  std::map<Key, std::uint64_t> counters;  ///< packets that have matched an element; none: 0
  std::map<std::uint32_t, Tunnel> tunnels;
  std::map<Ipv4, std::uint32_t> announced;  ///< whole addresses, and the tunnel that each leads into
  std::set<std::pair<Ipv4, Spi>> own_sas;   ///< of the gateway's own IPsec
  std::uint32_t last_index = 100;
  int commits = 0;
  int own_sa_lookups = 0;
  bool fail_commits = false;
  bool fail_tunnels = false;
  bool fail_announce = false;
  bool fail_own_sas = false;
};

}  // namespace rsip::test
