// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/route.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace rsip::steer {
namespace {

/// RTA_MULTIPATH: one rtnexthop after the other, each with attributes of its own inside its length.
std::vector<std::uint32_t> multipath_devices(netlink::Bytes bytes) {
  std::vector<std::uint32_t> devices;
  while (bytes.size() >= sizeof(rtnexthop)) {
    rtnexthop hop{};
    std::memcpy(&hop, bytes.data(), sizeof(hop));
    if (hop.rtnh_len < sizeof(hop)) break;
    devices.push_back(static_cast<std::uint32_t>(hop.rtnh_ifindex));
    bytes = bytes.subspan(std::min<std::size_t>(RTNH_ALIGN(hop.rtnh_len), bytes.size()));
  }
  return devices;
}

/// Nothing where the entry is no route to a host.
std::optional<Route> read_route(const netlink::Reply& reply) {
  const auto* header = reply.header<rtmsg>();
  if (header == nullptr || header->rtm_family != AF_INET || header->rtm_dst_len > 32) return std::nullopt;
  if (header->rtm_type != RTN_UNICAST && header->rtm_type != RTN_LOCAL) return std::nullopt;
  const netlink::Attributes attributes = reply.attributes(sizeof(rtmsg));
  Route route;
  route.destination = {attributes.address(RTA_DST).value_or(Ipv4{}), header->rtm_dst_len};  // none in a default route
  route.own = header->rtm_type == RTN_LOCAL;
  if (const std::optional<std::uint32_t> device = attributes.integer(RTA_OIF)) {
    route.devices.push_back(*device);
  } else if (const std::optional<netlink::Bytes> hops = attributes.find(RTA_MULTIPATH)) {
    route.devices = multipath_devices(*hops);
  }
  return route;
}

}  // namespace

Result<std::optional<Route>> find_route(netlink::Socket& socket, Ipv4 address) {
  netlink::Message message(RTM_GETROUTE, 0);
  rtmsg& header = message.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  header.rtm_flags = RTM_F_FIB_MATCH;  // the entry itself, instead of what it means for this address
  message.put_address(RTA_DST, address);
  std::optional<Route> route;
  const Result<void> asked = socket.request(message, "look up the route to " + to_string(address),
                                            [&](const netlink::Reply& reply) { route = read_route(reply); });
  if (asked) return route;
  switch (asked.error().code) {
    case EINVAL:        // blackhole
    case EHOSTUNREACH:  // unreachable
    case EACCES:        // prohibit
    case ENETUNREACH:   // no route at all
      return std::nullopt;
    default:
      return tl::unexpected(asked.error());
  }
}

Result<std::vector<Route>> list_routes(netlink::Socket& socket, std::uint32_t ifindex) {
  netlink::Message message(RTM_GETROUTE, NLM_F_DUMP);
  rtmsg& header = message.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_type = RTN_UNICAST;
  message.put_u32(RTA_OIF, ifindex);
  std::vector<Route> routes;
  const Result<void> asked =
      socket.request(message, "list the routes of device " + std::to_string(ifindex), [&](const netlink::Reply& reply) {
        if (std::optional<Route> route = read_route(reply)) {
          routes.push_back(*std::move(route));
        }
      });
  // The table comes into being with its first route.
  if (!asked && asked.error().code != ENOENT) return tl::unexpected(asked.error());
  return routes;
}

}  // namespace rsip::steer
