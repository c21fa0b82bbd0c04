// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/tunnel.hpp"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <optional>

#include "steer/interface.hpp"

namespace rsip::steer {
namespace {

/// How rtnetlink says the same things about the kinds of tunnel devices.
struct KindNames {
  TunnelType type;
  const char* name;
  const char* module;
  std::uint16_t local;
  std::uint16_t remote;
  std::uint16_t ttl;
  std::uint16_t pmtudisc;
};

constexpr KindNames kinds[] = {
    {TunnelType::ip_ip, "ipip", "ipip", IFLA_IPTUN_LOCAL, IFLA_IPTUN_REMOTE, IFLA_IPTUN_TTL, IFLA_IPTUN_PMTUDISC},
    {TunnelType::gre, "gre", "ip_gre", IFLA_GRE_LOCAL, IFLA_GRE_REMOTE, IFLA_GRE_TTL, IFLA_GRE_PMTUDISC},
};

const KindNames* find_kind(TunnelType type) {
  const auto* const kind = std::ranges::find(kinds, type, &KindNames::type);
  return kind == std::end(kinds) ? nullptr : kind;
}

const KindNames* find_kind(std::string_view name) {
  const auto* const kind = std::ranges::find(kinds, name, &KindNames::name);
  return kind == std::end(kinds) ? nullptr : kind;
}

std::optional<TunnelInfo> read_tunnel(const netlink::Reply& reply) {
  const auto* header = reply.header<ifinfomsg>();
  if (header == nullptr) return std::nullopt;
  const netlink::Attributes attributes = reply.attributes(sizeof(ifinfomsg));
  const netlink::Attributes info = attributes.nested(IFLA_LINKINFO);
  TunnelInfo tunnel;
  tunnel.alias = attributes.text(IFLA_IFALIAS);
  const KindNames* kind = find_kind(info.text(IFLA_INFO_KIND));
  if (kind == nullptr || !tunnel.alias.starts_with(alias_prefix)) return std::nullopt;
  const netlink::Attributes data = info.nested(IFLA_INFO_DATA);
  tunnel.type = kind->type;
  tunnel.device = {attributes.text(IFLA_IFNAME), static_cast<std::uint32_t>(header->ifi_index)};
  tunnel.local = data.address(kind->local).value_or(Ipv4{});
  tunnel.remote = data.address(kind->remote).value_or(Ipv4{});
  tunnel.mtu = attributes.integer(IFLA_MTU).value_or(0);
  return tunnel;
}

std::optional<Traffic> read_traffic(const netlink::Reply& reply) {
  const std::optional<netlink::Bytes> bytes = reply.attributes(sizeof(ifinfomsg)).find(IFLA_STATS64);
  rtnl_link_stats64 statistics{};
  // Only as much as we use: kernels append to it.
  if (!bytes || bytes->size() < offsetof(rtnl_link_stats64, rx_errors)) return std::nullopt;
  std::memcpy(&statistics, bytes->data(), std::min(bytes->size(), sizeof(statistics)));
  return Traffic{{statistics.rx_packets, statistics.rx_bytes}, {statistics.tx_packets, statistics.tx_bytes}};
}

}  // namespace

Result<Link> Link::open() {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return tl::unexpected(socket.error());
  return Link(std::move(*socket));
}

Result<Device> Link::add_tunnel(const TunnelOptions& options) {
  const std::string what = "add tunnel device " + options.name;
  const KindNames* kind = find_kind(options.type);
  if (kind == nullptr) return failure(EPROTONOSUPPORT, what);
  netlink::Message create(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  create.header<ifinfomsg>();
  create.put_text(IFLA_IFNAME, options.name).put_u32(IFLA_MTU, options.mtu);
  create.begin(IFLA_LINKINFO).put_text(IFLA_INFO_KIND, kind->name).begin(IFLA_INFO_DATA);
  create.put_address(kind->local, options.local).put_address(kind->remote, options.remote);
  if (options.type == TunnelType::ip_ip) create.put_u8(IFLA_IPTUN_PROTO, IPPROTO_IPIP);
  // TTL 0 means "of the inner packet", which the kernel allows only without path MTU discovery of the tunnel's own.
  create.put_u8(kind->ttl, 0).put_u8(kind->pmtudisc, 0);
  create.end().end();
  if (const Result<void> created = socket_.request(create, what); !created) {
    Error error = created.error();
    if (error.code == EOPNOTSUPP) error.remedy = std::string("modprobe ") + kind->module;
    return tl::unexpected(error);
  }

  Result<std::optional<Interface>> made = find_interface(socket_, options.name);
  if (!made) return tl::unexpected(made.error());
  if (!*made) return failure(ENODEV, what);
  Device device = (*made)->device;
  if (const Result<void> configured = put_in_order(device, options); !configured) {
    static_cast<void>(remove(device));  // the error worth telling is the first one
    return tl::unexpected(configured.error());
  }
  return device;
}

/// Through GRE the kernel would send router solicitations to the host, from an address of its own making. It makes that
/// when the device comes up, so this has to be said before.
Result<void> Link::keep_without_ipv6_address(const Device& device) {
  netlink::Message set(RTM_NEWLINK, 0);
  set.header<ifinfomsg>().ifi_index = static_cast<int>(device.index);
  set.begin(IFLA_AF_SPEC).begin(AF_INET6).put_u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE).end().end();
  Result<void> done = socket_.request(set, "configure tunnel device " + device.name);
  if (!done && done.error().code == EAFNOSUPPORT) return {};  // there is no IPv6 here
  return done;
}

/// The alias and the IP settings are ignored by the kernel in a request that creates a device.
Result<void> Link::put_in_order(const Device& device, const TunnelOptions& options) {
  if (Result<void> done = keep_without_ipv6_address(device); !done) return done;
  netlink::Message set(RTM_NEWLINK, 0);
  ifinfomsg& header = set.header<ifinfomsg>();
  header.ifi_index = static_cast<int>(device.index);
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  set.put_text(IFLA_IFALIAS, options.alias).put_u32(IFLA_MTU, options.mtu);
  set.begin(IFLA_AF_SPEC).begin(AF_INET).begin(IFLA_INET_CONF);
  // Hosts send from an address that is also ours; without these the kernel drops their packets as martians.
  set.put_u32(IPV4_DEVCONF_ACCEPT_LOCAL, 1).put_u32(IPV4_DEVCONF_RP_FILTER, 0).put_u32(IPV4_DEVCONF_FORWARDING, 1);
  set.end().end().end();
  return socket_.request(set, "configure tunnel device " + device.name);
}

Result<void> Link::remove(const Device& device) {
  netlink::Message message(RTM_DELLINK, 0);
  message.header<ifinfomsg>().ifi_index = static_cast<int>(device.index);
  return socket_.request(message, "remove tunnel device " + device.name);
}

Result<Traffic> Link::traffic(const Device& device) {
  const std::string what = "read the counters of " + device.name;
  netlink::Message query(RTM_GETLINK, 0);
  query.header<ifinfomsg>().ifi_index = static_cast<int>(device.index);
  std::optional<Traffic> traffic;
  const Result<void> done =
      socket_.request(query, what, [&traffic](const netlink::Reply& reply) { traffic = read_traffic(reply); });
  if (!done) return tl::unexpected(done.error());
  if (!traffic) return failure(EBADMSG, what);
  return *traffic;
}

Result<std::vector<TunnelInfo>> Link::list_tunnels() {
  netlink::Message message(RTM_GETLINK, NLM_F_DUMP);
  message.header<ifinfomsg>();
  std::vector<TunnelInfo> tunnels;
  const Result<void> listed = socket_.request(message, "list tunnel devices", [&](const netlink::Reply& reply) {
    if (std::optional<TunnelInfo> tunnel = read_tunnel(reply)) tunnels.push_back(std::move(*tunnel));
  });
  if (!listed) return tl::unexpected(listed.error());
  return tunnels;
}

}  // namespace rsip::steer
