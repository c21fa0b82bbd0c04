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

/// How the kernel calls a type of tunnel, its module, and its attributes.
struct Driver {
  std::string_view kind;
  std::string_view words;
  std::string_view module;
  std::uint16_t local;
  std::uint16_t remote;
  std::uint16_t ttl;
  std::uint16_t pmtudisc;
};
constexpr Driver ipip{
    "ipip", "IP-IP", "ipip", IFLA_IPTUN_LOCAL, IFLA_IPTUN_REMOTE, IFLA_IPTUN_TTL, IFLA_IPTUN_PMTUDISC};
/// Its packets have a GRE header of 4 bytes; the kernel takes them off the device's MTU like the outer IP header.
constexpr Driver gre{"gre", "GRE", "ip_gre", IFLA_GRE_LOCAL, IFLA_GRE_REMOTE, IFLA_GRE_TTL, IFLA_GRE_PMTUDISC};

const Driver& driver_of(TunnelType tunnel) {
  return tunnel == TunnelType::gre ? gre : ipip;
}

void put_tunnel(netlink::Message& message, const Network& network) {
  const Driver& driver = driver_of(network.tunnel);
  message.put_text(IFLA_IFNAME, network.device);
  message.begin(IFLA_LINKINFO).put_text(IFLA_INFO_KIND, driver.kind).begin(IFLA_INFO_DATA);
  message.put_address(driver.local, network.local).put_address(driver.remote, network.remote);
  message.put_u8(driver.ttl, tunnel_ttl).put_u8(driver.pmtudisc, 1);
  message.end().end();
}

std::string tunnel_text(const Network& network) {
  return "device " + network.device + ", " + std::string(driver_of(network.tunnel).words) + " tunnel from " +
         to_string(network.local) + " to " + to_string(network.remote);
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
    const netlink::Attributes data = info.nested(IFLA_INFO_DATA);
    for (const Driver& driver : {ipip, gre}) {
      if (found->kind != driver.kind) continue;
      found->local = data.address(driver.local);
      found->remote = data.address(driver.remote);
    }
  });
  if (!asked && asked.error().code != ENODEV) return tl::unexpected(asked.error());
  return found;
}

bool is_ours(const Link& link, const Network& network) {
  if (link.kind != driver_of(network.tunnel).kind) return false;
  if (!link.alias.empty()) return link.alias.starts_with("rsip ");
  return link.local == network.local && link.remote == network.remote;
}

Result<void> create_tunnel(netlink::Socket& socket, const Network& network) {
  netlink::Message message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  put_tunnel(message, network);
  const Driver& driver = driver_of(network.tunnel);
  Result<void> created = socket.request(message, "make " + tunnel_text(network));
  if (created) return created;
  switch (created.error().code) {
    case EOPNOTSUPP:
      created.error().remedy =
          "the kernel lacks " + std::string(driver.words) + " tunnels: modprobe " + std::string(driver.module);
      break;
    case EPERM:
      created.error().remedy = "run rsip as root (it needs CAP_NET_ADMIN)";
      break;
    case EEXIST:
      created.error().remedy =
          "another tunnel has these two ends: remove it (ip -d link show type " + std::string(driver.kind) + ")";
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
