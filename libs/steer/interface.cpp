// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/interface.hpp"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <string>

namespace rsip::steer {

Result<std::optional<Interface>> find_interface(netlink::Socket& socket, std::string_view name) {
  netlink::Message message(RTM_GETLINK, 0);
  message.header<ifinfomsg>();
  message.put_text(IFLA_IFNAME, name);
  std::optional<Interface> found;
  const Result<void> asked =
      socket.request(message, "look up interface " + std::string(name), [&](const netlink::Reply& reply) {
        const auto* header = reply.header<ifinfomsg>();
        if (header == nullptr) return;
        const netlink::Attributes attributes = reply.attributes(sizeof(ifinfomsg));
        found = Interface{{attributes.text(IFLA_IFNAME), static_cast<std::uint32_t>(header->ifi_index)},
                          attributes.integer(IFLA_MTU).value_or(0),
                          (header->ifi_flags & IFF_UP) != 0};
      });
  if (!asked && asked.error().code != ENODEV) return tl::unexpected(asked.error());
  return found;
}

Result<std::optional<Ipv4>> primary_address(netlink::Socket& socket, const Device& device) {
  netlink::Message message(RTM_GETADDR, NLM_F_DUMP);
  message.header<ifaddrmsg>().ifa_family = AF_INET;
  std::optional<Ipv4> found;
  const Result<void> asked =
      socket.request(message, "list addresses of " + device.name, [&](const netlink::Reply& reply) {
        const auto* header = reply.header<ifaddrmsg>();
        if (header == nullptr || found || header->ifa_index != device.index) return;
        if ((header->ifa_flags & IFA_F_SECONDARY) != 0) return;
        found = reply.attributes(sizeof(ifaddrmsg)).address(IFA_LOCAL);
      });
  if (!asked) return tl::unexpected(asked.error());
  return found;
}

Result<std::optional<RoutingDecision>> routing_decision(netlink::Socket& socket, Ipv4 address) {
  netlink::Message message(RTM_GETROUTE, 0);
  rtmsg& header = message.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  message.put_address(RTA_DST, address);
  std::optional<RoutingDecision> found;
  const Result<void> asked =
      socket.request(message, "look up the route to " + to_string(address), [&](const netlink::Reply& reply) {
        const auto* route = reply.header<rtmsg>();
        if (route == nullptr) return;
        found = RoutingDecision{route->rtm_type, reply.attributes(sizeof(rtmsg)).integer(RTA_OIF).value_or(0)};
      });
  if (asked) return found;
  switch (asked.error().code) {
    case EINVAL:
      return RoutingDecision{RTN_BLACKHOLE};
    case EHOSTUNREACH:
      return RoutingDecision{RTN_UNREACHABLE};
    case EACCES:
      return RoutingDecision{RTN_PROHIBIT};
    case ENETUNREACH:
      return std::nullopt;
    default:
      return tl::unexpected(asked.error());
  }
}

Result<bool> is_local_or_routed_here(netlink::Socket& socket, Ipv4 address) {
  const Result<std::optional<RoutingDecision>> route = routing_decision(socket, address);
  if (!route) return tl::unexpected(route.error());
  if (!*route) return false;
  const std::uint8_t type = (*route)->type;
  return type == RTN_LOCAL || type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT;
}

}  // namespace rsip::steer
