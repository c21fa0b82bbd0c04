// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/kernel_link.hpp"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace rsip::host {
namespace {

constexpr std::uint8_t tunnel_ttl = 64;

netlink::Message link_message(std::uint16_t type, std::uint16_t flags, int index = 0) {
  netlink::Message message(type, flags);
  auto& header = message.header<ifinfomsg>();
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = index;
  return message;
}

void put_tunnel(netlink::Message& message, const Network& network) {
  message.put_text(IFLA_IFNAME, network.device);
  message.begin(IFLA_LINKINFO).put_text(IFLA_INFO_KIND, "ipip").begin(IFLA_INFO_DATA);
  message.put_address(IFLA_IPTUN_LOCAL, network.local).put_address(IFLA_IPTUN_REMOTE, network.remote);
  message.put_u8(IFLA_IPTUN_TTL, tunnel_ttl).put_u8(IFLA_IPTUN_PMTUDISC, 1);
  message.end().end();
}

std::string tunnel_text(const Network& network) {
  return "device " + network.device + ", an IP-IP tunnel from " + to_string(network.local) + " to " +
         to_string(network.remote);
}

}  // namespace

Result<std::optional<Link>> find_link(netlink::Socket& socket, const std::string& device) {
  netlink::Message message = link_message(RTM_GETLINK, 0);
  message.put_text(IFLA_IFNAME, device);
  std::optional<Link> found;
  const Result<void> asked = socket.request(message, "look for device " + device, [&](const netlink::Reply& reply) {
    const auto* header = reply.header<ifinfomsg>();
    if (header == nullptr || reply.type != RTM_NEWLINK) return;
    const netlink::Attributes attributes = reply.attributes(sizeof(ifinfomsg));
    const netlink::Attributes info = attributes.nested(IFLA_LINKINFO);
    found =
        Link{header->ifi_index, info.text(IFLA_INFO_KIND), attributes.text(IFLA_IFALIAS), std::nullopt, std::nullopt};
    if (found->kind != "ipip") return;
    const netlink::Attributes data = info.nested(IFLA_INFO_DATA);
    found->local = data.address(IFLA_IPTUN_LOCAL);
    found->remote = data.address(IFLA_IPTUN_REMOTE);
  });
  if (!asked && asked.error().code != ENODEV) return tl::unexpected(asked.error());
  return found;
}

bool is_ours(const Link& link, const Network& network) {
  if (link.kind != "ipip") return false;
  if (!link.alias.empty()) return link.alias.starts_with("rsip ");
  return link.local == network.local && link.remote == network.remote;
}

Result<void> create_tunnel(netlink::Socket& socket, const Network& network) {
  netlink::Message message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  put_tunnel(message, network);
  Result<void> created = socket.request(message, "make " + tunnel_text(network));
  if (created) return created;
  switch (created.error().code) {
    case EOPNOTSUPP:
      created.error().remedy = "the kernel lacks IP-IP tunnels: modprobe ipip";
      break;
    case EPERM:
      created.error().remedy = "run rsip as root (it needs CAP_NET_ADMIN)";
      break;
    case EEXIST:
      created.error().remedy = "another tunnel has these two ends: remove it (ip -d link show type ipip)";
      break;
    default:
      break;
  }
  return created;
}

Result<void> change_tunnel(netlink::Socket& socket, const Network& network) {
  netlink::Message message = link_message(RTM_NEWLINK, 0);
  put_tunnel(message, network);
  return socket.request(message, "change " + tunnel_text(network));
}

Result<void> configure_link(netlink::Socket& socket, const Link& link, const Network& network, bool up) {
  netlink::Message message(RTM_SETLINK, 0);
  auto& header = message.header<ifinfomsg>();
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = link.index;
  if (up) {
    header.ifi_flags = IFF_UP;
    header.ifi_change = IFF_UP;
  }
  message.put_text(IFLA_IFALIAS, alias_of(network));
  // Answers from anywhere come in here while the main table's default route may point elsewhere.
  message.begin(IFLA_AF_SPEC).begin(AF_INET).begin(IFLA_INET_CONF);
  message.put_u32(IPV4_DEVCONF_RP_FILTER, 0);
  message.end().end().end();
  return socket.request(message, "set up device " + network.device);
}

Result<void> delete_link(netlink::Socket& socket, const Link& link, const std::string& device) {
  netlink::Message message = link_message(RTM_DELLINK, 0, link.index);
  Result<void> deleted = socket.request(message, "remove device " + device);
  if (!deleted && deleted.error().code == ENODEV) return {};
  return deleted;
}

}  // namespace rsip::host
