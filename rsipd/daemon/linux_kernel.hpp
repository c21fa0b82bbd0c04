// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "commands/kernel_view.hpp"
#include "daemon/options.hpp"
#include "gateway/kernel.hpp"
#include "steer/announce.hpp"
#include "steer/counters.hpp"
#include "steer/inspector.hpp"
#include "steer/nft.hpp"
#include "steer/skeleton.hpp"
#include "steer/take_out.hpp"
#include "steer/tunnel.hpp"
#include "steer/watch.hpp"
#include "xfrm/database.hpp"

namespace rsip {

/// The kernel of this machine.
class LinuxKernel : public gateway::Kernel, public KernelView {
 public:
  /// `private_mtu`: the smallest of the private interfaces, in bytes.
  static Result<std::unique_ptr<LinuxKernel>> open(std::uint32_t private_mtu, const steer::SkeletonOptions& skeleton,
                                                   OwnTables own_tables);

  Result<steer::Device> add_tunnel(const Tunnel& tunnel) override;
  Result<std::vector<MadeTunnel>> put_tunnels_in_order() override;
  Result<void> remove_tunnel(const steer::Device& device) override;
  Result<void> announce(Ipv4 address, const steer::Device& tunnel) override;
  Result<void> withdraw(Ipv4 address, const steer::Device& tunnel) override;
  Result<void> announce_only(const std::map<Ipv4, steer::Device>& tunnels) override;
  Result<bool> has_own_sa(Ipv4 destination, Spi spi) override;
  Result<void> renew_rules() override;
  Result<void> commit(const steer::Transaction& changes) override;
  Result<std::uint64_t> packets(const steer::Element& element) override;

  Result<steer::Traffic> traffic(const steer::Device& tunnel) override;
  Result<std::vector<steer::NamedCounter>> counters() override;
  Result<bool> has(const steer::Element& element) override;
  Result<Walk> walk() override;
  std::optional<steer::QueueState> queue() override;

  /// Calls `committed` for each transaction, with the time that it took.
  using Committed = std::function<void(std::chrono::nanoseconds time, bool done)>;
  void set_committed(Committed committed) { committed_ = std::move(committed); }

  /// Tells what others do to our tables from now on. Changes that meet none of them make them anew.
  Result<steer::Watch> watch() {
    renews_lost_rules_ = true;
    return steer::Watch::open(nft_.port());
  }

  /// Whether nobody else can change our tables.
  bool owns_tables() const { return owns_tables_; }

  /// The pool has another shared address, from the next renew_rules() on.
  void replace_address(Ipv4 former, Ipv4 address) { std::ranges::replace(skeleton_.pool, former, address); }

  Result<void> take_out() { return steer::take_out(nft_); }

 private:
  LinuxKernel(steer::Nft nft, steer::Link link, steer::Announcer announcer, steer::Counters counters,
              steer::Inspector inspector, std::optional<xfrm::Database> associations, std::uint32_t private_mtu,
              const steer::SkeletonOptions& skeleton, OwnTables own_tables);
  Result<std::string> rules() const;
  steer::TunnelOptions options_of(const Tunnel& tunnel) const;

  steer::Nft nft_;
  steer::Link link_;
  steer::Announcer announcer_;
  steer::Counters counters_;
  steer::Inspector inspector_;
  std::optional<xfrm::Database> associations_;  ///< nothing where the kernel has no IPsec
  std::uint32_t private_mtu_;
  steer::SkeletonOptions skeleton_;
  bool renews_lost_rules_ = false;
  OwnTables own_tables_;
  bool owns_tables_ = false;
  std::string not_owned_;  ///< why the tables are not ours alone, as far as the log has it
  Committed committed_;
};

}  // namespace rsip
