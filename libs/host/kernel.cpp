// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/kernel.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "host/kernel_link.hpp"
#include "netlink/socket.hpp"

namespace rsip::host {
namespace {

/// Turns "it is there already" or "it is gone already" into success.
Result<void> unless(int code, Result<void> done) {
  if (!done && done.error().code == code) return {};
  return done;
}

Result<void> change_address(netlink::Socket& socket, bool add, const Link& link, Ipv4 address,
                            const std::string& device) {
  netlink::Message message(add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
  auto& header = message.header<ifaddrmsg>();
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = 32;
  header.ifa_index = static_cast<unsigned>(link.index);
  message.put_address(IFA_LOCAL, address).put_address(IFA_ADDRESS, address);
  const std::string what = (add ? "add address " : "remove address ") + to_string(address) + " on device " + device;
  return unless(add ? EEXIST : EADDRNOTAVAIL, socket.request(message, what));
}

/// `default dev <device> src <address>` in the table.
Result<void> set_route(netlink::Socket& socket, const Link& link, const Network& network, bool replace) {
  netlink::Message message(RTM_NEWROUTE, NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL));
  auto& header = message.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_UNSPEC;  // RTA_TABLE has room for it
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  message.put_u32(RTA_TABLE, network.table).put_u32(RTA_OIF, static_cast<std::uint32_t>(link.index));
  if (!network.addresses.empty()) message.put_address(RTA_PREFSRC, network.addresses.front());
  Result<void> set = socket.request(message, "add the default route of table " + std::to_string(network.table));
  if (!set && set.error().code == EEXIST) set.error().remedy = "the table is in use: choose another with --table";
  return set;
}

Result<void> change_rule(netlink::Socket& socket, bool add, const Rule& rule) {
  netlink::Message message(add ? RTM_NEWRULE : RTM_DELRULE, add ? NLM_F_CREATE | NLM_F_EXCL : 0);
  auto& header = message.header<fib_rule_hdr>();
  header.family = AF_INET;
  header.table = RT_TABLE_UNSPEC;  // FRA_TABLE has room for it
  header.action = FR_ACT_TO_TBL;
  if (rule.from) header.src_len = 32;
  if (rule.to) header.dst_len = 32;
  if (rule.from) message.put_address(FRA_SRC, *rule.from);
  if (rule.to) message.put_address(FRA_DST, *rule.to);
  message.put_u32(FRA_PRIORITY, rule.priority).put_u32(FRA_TABLE, rule.table);
  if (rule.suppress_prefixlength) message.put_u32(FRA_SUPPRESS_PREFIXLEN, *rule.suppress_prefixlength);
  if (rule.protocol) message.put_u8(FRA_IP_PROTO, *rule.protocol);
  if (rule.sport) {
    const fib_rule_port_range range{number(rule.sport->first), number(rule.sport->last())};
    message.put_bytes(FRA_SPORT_RANGE, {reinterpret_cast<const std::uint8_t*>(&range), sizeof range});
  }
  const std::string what = (add ? "add " : "remove ") + to_string(rule);
  return unless(add ? EEXIST : ENOENT, socket.request(message, what));
}

/// Whether anything hangs on the device, so that its route is there.
bool in_force(const Network& network) {
  return !network.addresses.empty() || !network.selectors.empty();
}

const Network* same_device(const std::vector<Network>& networks, const Network& network) {
  const auto found = std::ranges::find(networks, network.device, &Network::device);
  return found == networks.end() ? nullptr : &*found;
}

Result<Link> find_ours(netlink::Socket& socket, const Network& network) {
  const Result<std::optional<Link>> link = find_link(socket, network.device);
  if (!link) return tl::unexpected(link.error());
  if (!*link) return failure(ENODEV, "device " + network.device, "somebody removed it: run 'rsip up' again");
  if (!is_ours(**link, network)) {
    return failure(EEXIST, "device " + network.device, "it is not a tunnel of rsip's: choose another with --device");
  }
  return **link;
}

}  // namespace

Kernel::Kernel(std::unique_ptr<netlink::Socket> socket) : socket_(std::move(socket)) {}
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;
Kernel::~Kernel() = default;

Result<Kernel> Kernel::open() {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return tl::unexpected(socket.error());
  return Kernel(std::make_unique<netlink::Socket>(std::move(*socket)));
}

Result<void> Kernel::make_device(const Network& network) {
  const Result<std::optional<Link>> existing = find_link(*socket_, network.device);
  if (!existing) return tl::unexpected(existing.error());
  if (*existing) {
    return failure(EEXIST, "device " + network.device,
                   "choose another with --device, or remove this one: ip link del " + network.device);
  }
  if (Result<void> created = create_tunnel(*socket_, network); !created) return created;
  const Result<Link> link = find_ours(*socket_, network);
  if (!link) return tl::unexpected(link.error());
  Result<void> configured = configure_link(*socket_, *link, network, false);
  if (!configured) (void)delete_link(*socket_, *link, network.device);  // the first failure is the one to report
  return configured;
}

Result<void> Kernel::apply(const std::vector<Network>& wanted, const std::vector<Network>& present) {
  for (const Network& network : wanted) {
    if (Result<void> done = put(network, present); !done) return done;
  }
  // Then what is not wanted goes: an address may have moved to another device.
  for (const Network& network : present) {
    if (Result<void> done = take(network, wanted); !done) return done;
  }
  return {};
}

/// What `wanted` has and the kernel may lack.
Result<void> Kernel::put(const Network& wanted, const std::vector<Network>& present) {
  if (same_device(present, wanted) == nullptr) {
    if (Result<void> made = make_device(wanted); !made) return made;
  }
  const Result<Link> link = find_ours(*socket_, wanted);
  if (!link) return tl::unexpected(link.error());
  if (link->local != wanted.local || link->remote != wanted.remote) {
    if (Result<void> done = change_tunnel(*socket_, wanted); !done) return done;
  }
  if (Result<void> done = configure_link(*socket_, *link, wanted, true); !done) return done;
  for (const Ipv4 address : wanted.addresses) {
    if (Result<void> done = change_address(*socket_, true, *link, address, wanted.device); !done) return done;
  }
  const bool routed = std::ranges::any_of(
      present, [&](const Network& network) { return network.device == wanted.device && in_force(network); });
  if (Result<void> done = set_route(*socket_, *link, wanted, routed); !done) return done;
  for (const Rule& rule : rules_of(wanted)) {
    if (Result<void> done = change_rule(*socket_, true, rule); !done) return done;
  }
  return {};
}

/// What the kernel may have of `present` and `wanted` lacks.
Result<void> Kernel::take(const Network& present, const std::vector<Network>& wanted) {
  const Network* stays = same_device(wanted, present);
  if (stays == nullptr) return undo(present);
  for (const Rule& rule : rules_missing_in(*stays, present)) {
    if (Result<void> done = change_rule(*socket_, false, rule); !done) return done;
  }
  const Result<Link> link = find_ours(*socket_, present);
  if (!link) return tl::unexpected(link.error());
  // Last: with its address goes every route that has it as source.
  for (const Ipv4 address : present.addresses) {
    if (std::ranges::find(stays->addresses, address) != stays->addresses.end()) continue;
    if (Result<void> done = change_address(*socket_, false, *link, address, present.device); !done) return done;
  }
  return {};
}

Result<void> Kernel::undo(const Network& network) {
  Result<void> first_failure;
  const auto keep_first = [&first_failure](Result<void> done) {
    if (first_failure && !done) first_failure = std::move(done);
  };
  for (const Rule& rule : rules_of(network)) keep_first(change_rule(*socket_, false, rule));
  const Result<std::optional<Link>> link = find_link(*socket_, network.device);
  if (!link) {
    keep_first(tl::unexpected(link.error()));
  } else if (*link && is_ours(**link, network)) {
    keep_first(delete_link(*socket_, **link, network.device));  // its address and routes go with it
  }
  return first_failure;
}

}  // namespace rsip::host
