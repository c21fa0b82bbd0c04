// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/linux_kernel.hpp"

#include <linux/netlink.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <charconv>
#include <fstream>

#include "steer/interface.hpp"
#include "steer/ruleset.hpp"

namespace rsip {

namespace {

/// The n of rsip<n>; nothing where the name is another.
std::optional<std::uint32_t> slot_of(std::string_view name) {
  constexpr std::string_view stem = "rsip";
  if (!name.starts_with(stem)) return std::nullopt;
  name.remove_prefix(stem.size());
  std::uint32_t slot = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), slot);
  if (error != std::errc{} || end != name.data() + name.size() || slot == 0) return std::nullopt;
  return slot;
}

}  // namespace

Result<std::unique_ptr<LinuxKernel>> LinuxKernel::open(std::uint32_t private_mtu,
                                                       const steer::SkeletonOptions& skeleton, OwnTables own_tables) {
  Result<steer::Nft> nft = steer::Nft::open();
  if (!nft) return tl::unexpected(nft.error());
  Result<steer::Link> link = steer::Link::open();
  if (!link) return tl::unexpected(link.error());
  Result<steer::Announcer> announcer = steer::Announcer::open(skeleton.public_devices);
  if (!announcer) return tl::unexpected(announcer.error());
  Result<steer::Counters> counters = steer::Counters::open();
  if (!counters) return tl::unexpected(counters.error());
  Result<steer::Inspector> inspector = steer::Inspector::open();
  if (!inspector) return tl::unexpected(inspector.error());
  Result<std::optional<xfrm::Database>> associations = xfrm::Database::open();
  if (!associations) return tl::unexpected(associations.error());
  return std::unique_ptr<LinuxKernel>(new LinuxKernel(std::move(*nft), std::move(*link), std::move(*announcer),
                                                      std::move(*counters), std::move(*inspector),
                                                      std::move(*associations), private_mtu, skeleton, own_tables));
}

LinuxKernel::LinuxKernel(steer::Nft nft, steer::Link link, steer::Announcer announcer, steer::Counters counters,
                         steer::Inspector inspector, std::optional<xfrm::Database> associations,
                         std::uint32_t private_mtu, const steer::SkeletonOptions& skeleton, OwnTables own_tables)
    : nft_(std::move(nft)),
      link_(std::move(link)),
      announcer_(std::move(announcer)),
      counters_(std::move(counters)),
      inspector_(std::move(inspector)),
      associations_(std::move(associations)),
      private_mtu_(private_mtu),
      skeleton_(skeleton),
      own_tables_(own_tables) {}

steer::TunnelOptions LinuxKernel::options_of(const Tunnel& tunnel) const {
  return {.type = tunnel.type,
          .name = "rsip" + std::to_string(tunnel.slot),
          .local = tunnel.gateway,
          .remote = tunnel.host,
          .mtu = private_mtu_ - steer::encapsulation(tunnel.type),
          .alias = std::string(steer::alias_prefix) + "client " + std::to_string(number(tunnel.client)) + " " +
                   to_string(tunnel.host)};
}

Result<steer::Device> LinuxKernel::add_tunnel(const Tunnel& tunnel) {
  return link_.add_tunnel(options_of(tunnel));
}

Result<std::vector<gateway::Kernel::MadeTunnel>> LinuxKernel::put_tunnels_in_order() {
  const Result<std::vector<steer::TunnelInfo>> there = link_.list_tunnels();
  if (!there) return tl::unexpected(there.error());
  std::vector<MadeTunnel> kept;
  for (const steer::TunnelInfo& found : *there) {
    const std::optional<std::uint32_t> slot = slot_of(found.device.name);
    const Tunnel tunnel{slot.value_or(0), found.type, {}, found.remote, found.local};
    steer::TunnelOptions options = options_of(tunnel);
    options.alias = found.alias;  // names the client, which is not known here
    if (slot && link_.put_in_order(found.device, options)) {
      kept.push_back({tunnel, found.device});
    } else if (Result<void> removed = remove_tunnel(found.device); !removed) {
      return tl::unexpected(removed.error());
    }
  }
  return kept;
}

Result<void> LinuxKernel::remove_tunnel(const steer::Device& device) {
  Result<void> removed = link_.remove(device);
  if (!removed && removed.error().code == ENODEV) return {};  // an administrator was faster
  return removed;
}

Result<void> LinuxKernel::announce(Ipv4 address, const steer::Device& tunnel) {
  return announcer_.announce(address, tunnel);
}

Result<void> LinuxKernel::withdraw(Ipv4 address, const steer::Device& tunnel) {
  return announcer_.withdraw(address, tunnel);
}

Result<bool> LinuxKernel::has_own_sa(Ipv4 destination, Spi spi) {
  if (!associations_) return false;
  for (const xfrm::Protocol protocol : {xfrm::Protocol::esp, xfrm::Protocol::ah}) {
    Result<bool> there = associations_->has({destination, spi, protocol});
    if (!there || *there) return there;
  }
  return false;
}

Result<void> LinuxKernel::announce_only(const std::map<Ipv4, steer::Device>& tunnels) {
  return announcer_.announce_only(tunnels);
}

/// A public interface may be away for a while, as that of a PPPoE session; no chain can be hooked on it then.
Result<std::string> LinuxKernel::rules() const {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return tl::unexpected(socket.error());
  steer::SkeletonOptions options = skeleton_;
  options.public_devices.clear();
  for (const std::string& name : skeleton_.public_devices) {
    const Result<std::optional<steer::Interface>> found = steer::find_interface(*socket, name);
    if (!found) return tl::unexpected(found.error());
    if (*found) options.public_devices.push_back(name);
  }
  return steer::skeleton_text(options);
}

/// Tables that were made without an owner never have one. With --own-tables auto they stay as they are, for to replace
/// them would take steering out of force for a moment.
Result<void> LinuxKernel::renew_rules() {
  const Result<std::string> text = rules();
  if (!text) return tl::unexpected(text.error());
  if (own_tables_ == OwnTables::off) return steer::renew(*text);
  Result<void> done = steer::renew(*text, nft_);
  owns_tables_ = done.has_value();
  if (done || own_tables_ == OwnTables::on || done.error().code != EOPNOTSUPP) return done;
  if (const std::string cause = done.error().text(); cause != not_owned_) {
    spdlog::info("event=tables-not-owned cause=\"{}\"", cause);
    not_owned_ = cause;
  }
  return steer::renew(*text);
}

Result<void> LinuxKernel::commit(const steer::Transaction& changes) {
  if (changes.empty()) return {};
  const auto start = std::chrono::steady_clock::now();
  Result<void> done = nft_.commit(changes);
  // Somebody has removed them, and a host asks before we have heard of it. What else was in them follows soon.
  const bool lost = renews_lost_rules_ && !done && done.error().code == ENOENT;
  if (lost && renew_rules()) done = nft_.commit(changes);
  if (committed_) committed_(std::chrono::steady_clock::now() - start, done.has_value());
  return done;
}

Result<std::uint64_t> LinuxKernel::packets(const steer::Element& element) {
  return nft_.packets(element);
}

Result<steer::Traffic> LinuxKernel::traffic(const steer::Device& tunnel) {
  return link_.traffic(tunnel);
}

Result<std::vector<steer::NamedCounter>> LinuxKernel::counters() {
  return counters_.read();
}

Result<bool> LinuxKernel::has(const steer::Element& element) {
  return inspector_.has(element);
}

Result<KernelView::Walk> LinuxKernel::walk() {
  Result<steer::Inspector> opened = steer::Inspector::open();
  if (!opened) return tl::unexpected(opened.error());
  return [inspector = std::make_shared<steer::Inspector>(std::move(*opened))] { return inspector->next(); };
}

std::optional<steer::QueueState> LinuxKernel::queue() {
  std::ifstream table("/proc/net/netfilter/nfnetlink_queue");
  return steer::read_queue_state(table, skeleton_.ike_queue);
}

}  // namespace rsip
