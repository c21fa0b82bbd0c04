// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/announce.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "steer/interface.hpp"

namespace rsip::steer {
namespace {

netlink::Message proxy_message(std::uint16_t type, std::uint16_t flags, Ipv4 address, const Device& device) {
  netlink::Message message(type, flags);
  ndmsg& header = message.header<ndmsg>();
  header.ndm_family = AF_INET;
  header.ndm_ifindex = static_cast<int>(device.index);
  header.ndm_flags = NTF_PROXY;
  if (type == RTM_NEWNEIGH) header.ndm_state = NUD_PERMANENT;  // stays when the link loses its carrier for a while
  message.put_address(NDA_DST, address);
  return message;
}

netlink::Message route_message(std::uint16_t type, std::uint16_t flags, Ipv4 address, const Device& tunnel) {
  netlink::Message message(type, flags);
  rtmsg& header = message.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_dst_len = 32;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = announcement_protocol;
  header.rtm_scope = RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  message.put_address(RTA_DST, address).put_u32(RTA_OIF, tunnel.index);
  return message;
}

/// The protocol number of a proxy neighbour entry, 0 where its maker gave none; nothing where there is no entry.
Result<std::optional<std::uint32_t>> proxy_protocol(netlink::Socket& socket, Ipv4 address, const Device& device) {
  netlink::Message message = proxy_message(RTM_GETNEIGH, 0, address, device);
  std::optional<std::uint32_t> protocol;
  const Result<void> asked =
      socket.request(message, "look up the proxy neighbour " + to_string(address) + " on " + device.name,
                     [&](const netlink::Reply& reply) {
                       protocol = reply.attributes(sizeof(ndmsg)).integer(NDA_PROTOCOL).value_or(0);
                     });
  if (!asked && asked.error().code != ENOENT) return tl::unexpected(asked.error());
  return protocol;
}

}  // namespace

Result<Announcer> Announcer::open(std::vector<std::string> public_devices) {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return tl::unexpected(socket.error());
  return Announcer(std::move(*socket), std::move(public_devices));
}

Result<void> Announcer::announce(Ipv4 address, const Device& tunnel) {
  const Result<std::optional<RoutingDecision>> before = routing_decision(socket_, address);
  if (!before) return tl::unexpected(before.error());
  if (*before && (*before)->type == RTN_LOCAL) return {};
  Result<void> done = add_route(address, tunnel);
  for (const std::string& name : public_devices_) {
    if (!done) break;
    const Result<std::optional<Interface>> found = find_interface(socket_, name);
    if (!found) done = tl::unexpected(found.error());
    if (found && *found) done = answer_for(address, (*found)->device);
  }
  if (!done) static_cast<void>(withdraw(address, tunnel));  // the error worth telling is the first one
  return done;
}

Result<void> Announcer::add_route(Ipv4 address, const Device& tunnel) {
  const std::string what = "route " + to_string(address) + " to " + tunnel.name;
  // Neither NLM_F_EXCL nor NLM_F_APPEND: before other routes of this length and, as metric 0, of all metrics.
  netlink::Message message = route_message(RTM_NEWROUTE, NLM_F_CREATE, address, tunnel);
  if (Result<void> added = socket_.request(message, what); !added && added.error().code != EEXIST) return added;
  const Result<std::optional<RoutingDecision>> now = routing_decision(socket_, address);
  if (!now) return tl::unexpected(now.error());
  if (*now && (*now)->device == tunnel.index) return {};
  return failure(0, what + ": another route is preferred",
                 "ip rule and ip route get " + to_string(address) + " show which");
}

Result<void> Announcer::remove_route(Ipv4 address, const Device& tunnel) {
  netlink::Message message = route_message(RTM_DELROUTE, 0, address, tunnel);
  Result<void> removed = socket_.request(message, "remove the route " + to_string(address) + " to " + tunnel.name);
  if (!removed && (removed.error().code == ESRCH || removed.error().code == ENODEV)) return {};
  return removed;
}

Result<void> Announcer::answer_for(Ipv4 address, const Device& device) {
  const Result<std::optional<std::uint32_t>> protocol = proxy_protocol(socket_, address, device);
  if (!protocol) return tl::unexpected(protocol.error());
  if (*protocol) return {};
  netlink::Message message = proxy_message(RTM_NEWNEIGH, NLM_F_CREATE, address, device);
  message.put_u8(NDA_PROTOCOL, announcement_protocol);
  return socket_.request(message, "answer for " + to_string(address) + " on " + device.name);
}

Result<void> Announcer::stop_answering_for(Ipv4 address, const Device& device) {
  netlink::Message message = proxy_message(RTM_DELNEIGH, 0, address, device);
  Result<void> removed = socket_.request(message, "no longer answer for " + to_string(address) + " on " + device.name);
  if (!removed && removed.error().code == ENOENT) return {};
  return removed;
}

Result<void> Announcer::withdraw(Ipv4 address, const Device& tunnel) {
  Result<void> done = remove_route(address, tunnel);
  for (const std::string& name : public_devices_) {
    const Result<std::optional<Interface>> found = find_interface(socket_, name);
    if (!found || !*found) continue;  // its entries went with it
    const Device& device = (*found)->device;
    const Result<std::optional<std::uint32_t>> protocol = proxy_protocol(socket_, address, device);
    if (!protocol || *protocol != announcement_protocol) continue;
    Result<void> stopped = stop_answering_for(address, device);
    if (done && !stopped) done = std::move(stopped);
  }
  return done;
}

Result<void> Announcer::announce_only(const std::map<Ipv4, Device>& tunnels) {
  for (const auto& [address, tunnel] : tunnels) {
    if (Result<void> done = announce(address, tunnel); !done) return done;
  }
  if (Result<void> done = withdraw_others(tunnels); !done) return done;
  return remove_other_routes(tunnels);
}

Result<void> Announcer::withdraw_others(const std::map<Ipv4, Device>& tunnels) {
  netlink::Message message(RTM_GETNEIGH, NLM_F_DUMP);
  ndmsg& request = message.header<ndmsg>();
  request.ndm_family = AF_INET;
  request.ndm_flags = NTF_PROXY;
  struct Entry {
    Ipv4 address;
    Device device;
  };
  std::vector<Entry> entries;
  Result<void> listed = socket_.request(message, "list proxy neighbours", [&](const netlink::Reply& reply) {
    const auto* header = reply.header<ndmsg>();
    if (header == nullptr) return;
    const netlink::Attributes attributes = reply.attributes(sizeof(ndmsg));
    const std::optional<Ipv4> address = attributes.address(NDA_DST);
    if (!address || attributes.integer(NDA_PROTOCOL) != announcement_protocol || tunnels.contains(*address)) return;
    entries.push_back(
        {*address,
         {"interface " + std::to_string(header->ndm_ifindex), static_cast<std::uint32_t>(header->ndm_ifindex)}});
  });
  if (!listed) return listed;
  for (const Entry& entry : entries) {
    if (Result<void> stopped = stop_answering_for(entry.address, entry.device); !stopped) return stopped;
  }
  return {};
}

Result<void> Announcer::remove_other_routes(const std::map<Ipv4, Device>& tunnels) {
  // A router may have a million routes, so the kernel is to pick ours.
  Result<netlink::Socket> filtering = netlink::Socket::open(NETLINK_ROUTE);
  if (!filtering) return tl::unexpected(filtering.error());
  if (Result<void> done = filtering->filter_dumps(); !done) return done;
  netlink::Message message(RTM_GETROUTE, NLM_F_DUMP);
  rtmsg& request = message.header<rtmsg>();
  request.rtm_family = AF_INET;
  request.rtm_table = RT_TABLE_MAIN;
  request.rtm_protocol = announcement_protocol;
  std::map<Ipv4, std::uint32_t> others;
  Result<void> listed = filtering->request(message, "list the routes of rsipd", [&](const netlink::Reply& reply) {
    const auto* header = reply.header<rtmsg>();
    const std::optional<Ipv4> address = reply.attributes(sizeof(rtmsg)).address(RTA_DST);
    if (header == nullptr || !address || header->rtm_protocol != announcement_protocol) return;  // an old kernel's
    const std::uint32_t device = reply.attributes(sizeof(rtmsg)).integer(RTA_OIF).value_or(0);
    const auto wanted = tunnels.find(*address);
    if (wanted == tunnels.end() || wanted->second.index != device) others.emplace(*address, device);
  });
  if (!listed) return listed;
  for (const auto& [address, device] : others) {
    if (Result<void> done = remove_route(address, {"interface " + std::to_string(device), device}); !done) return done;
  }
  return {};
}

}  // namespace rsip::steer
