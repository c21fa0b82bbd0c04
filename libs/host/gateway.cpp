// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/gateway.hpp"

#include <linux/rtnetlink.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "host/locality.hpp"
#include "netlink/socket.hpp"

namespace rsip::host {
namespace {

struct DefaultRoute {
  std::uint32_t metric = 0;
  Ipv4 next_hop;
};

/// RTA_MULTIPATH: one rtnexthop after the other, each with attributes of its own inside its length.
std::optional<Ipv4> first_of_several(netlink::Bytes bytes) {
  while (bytes.size() >= sizeof(rtnexthop)) {
    rtnexthop hop{};
    std::memcpy(&hop, bytes.data(), sizeof(hop));
    if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > bytes.size()) break;
    const netlink::Attributes attributes(bytes.subspan(sizeof(hop), hop.rtnh_len - sizeof(hop)));
    const bool dead = (hop.rtnh_flags & RTNH_F_DEAD) != 0;
    if (const auto next_hop = attributes.address(RTA_GATEWAY); next_hop && !dead) return next_hop;
    bytes = bytes.subspan(std::min<std::size_t>(RTNH_ALIGN(hop.rtnh_len), bytes.size()));
  }
  return std::nullopt;
}

/// Nothing where the entry is another kind of route, or has no next hop.
std::optional<DefaultRoute> read_default_route(const netlink::Reply& reply) {
  const auto* header = reply.header<rtmsg>();
  if (header == nullptr || header->rtm_family != AF_INET || header->rtm_type != RTN_UNICAST) return std::nullopt;
  if (header->rtm_table != RT_TABLE_MAIN || header->rtm_dst_len != 0 || header->rtm_tos != 0) return std::nullopt;
  if ((header->rtm_flags & RTNH_F_DEAD) != 0) return std::nullopt;
  const netlink::Attributes attributes = reply.attributes(sizeof(rtmsg));
  std::optional<Ipv4> next_hop = attributes.address(RTA_GATEWAY);
  if (const auto several = attributes.find(RTA_MULTIPATH)) next_hop = first_of_several(*several);
  if (!next_hop) return std::nullopt;
  return DefaultRoute{attributes.integer(RTA_PRIORITY).value_or(0), *next_hop};
}

Result<std::optional<DefaultRoute>> best_default_route(netlink::Socket& socket) {
  netlink::Message message(RTM_GETROUTE, NLM_F_DUMP);
  rtmsg& header = message.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_type = RTN_UNICAST;
  std::optional<DefaultRoute> best;
  const Result<void> asked = socket.request(message, "look for the default route", [&](const netlink::Reply& reply) {
    const std::optional<DefaultRoute> route = read_default_route(reply);
    if (route && (!best || route->metric < best->metric)) best = route;
  });
  // The table comes into being with its first route.
  if (!asked && asked.error().code != ENOENT) return tl::unexpected(asked.error());
  return best;
}

struct Find {
  Result<Ipv4> operator()(DefaultRouter) const {
    Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
    if (!socket) return tl::unexpected(socket.error());
    if (const Result<void> filters = socket->filter_dumps(); !filters) return tl::unexpected(filters.error());
    Result<std::optional<DefaultRoute>> route = best_default_route(*socket);
    // The table changed meanwhile, as it does when DHCP has just set it up.
    for (int again = 0; again < 10 && !route && route.error().code == EINTR; ++again) {
      route = best_default_route(*socket);
    }
    if (!route) return tl::unexpected(route.error());
    if (!*route) {
      return failure(0, "no --gateway, and no default route with a next hop", "give the gateway with --gateway");
    }
    return (*route)->next_hop;
  }

  Result<Ipv4> operator()(Ipv4 address) const { return address; }

  Result<Ipv4> operator()(const std::string& name) const {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;  // each address once
    addrinfo* answer = nullptr;
    const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &answer);
    if (error != 0) {
      const char* why = error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error);
      return failure(0, "look up the IPv4 address of gateway " + name + ": " + why,
                     "give its address with --gateway, or put the name into /etc/hosts");
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(answer, &::freeaddrinfo);
    sockaddr_in first{};
    std::memcpy(&first, owned->ai_addr, sizeof(first));
    return Ipv4{ntohl(first.sin_addr.s_addr)};
  }
};

}  // namespace

std::optional<Gateway> parse_gateway(std::string_view text) {
  const std::optional<Place> place = parse_place(text);
  if (!place) return std::nullopt;
  if (const auto* address = std::get_if<Ipv4>(&*place)) return *address;
  if (const auto* name = std::get_if<std::string>(&*place)) return *name;
  return std::nullopt;  // a prefix
}

Result<Ipv4> address_of(const Gateway& gateway) {
  return std::visit(Find{}, gateway);
}

}  // namespace rsip::host
