// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/linux_routes.hpp"

#include <linux/netlink.h>

#include <algorithm>

#include "steer/interface.hpp"

namespace rsip {

namespace {

Result<std::vector<std::uint32_t>> indexes_of(netlink::Socket& socket, const std::vector<std::string>& names) {
  std::vector<std::uint32_t> indexes;
  for (const std::string& name : names) {
    const Result<std::optional<steer::Interface>> found = steer::find_interface(socket, name);
    if (!found) return tl::unexpected(found.error());
    if (*found) indexes.push_back((*found)->device.index);  // else it is away, as that of a PPPoE session may be
  }
  return indexes;
}

bool all_in(const std::vector<std::uint32_t>& devices, const std::vector<std::uint32_t>& side) {
  return !devices.empty() && std::ranges::all_of(devices, [&](std::uint32_t device) {
    return std::ranges::find(side, device) != side.end();
  });
}

}  // namespace

Result<std::unique_ptr<LinuxRoutes>> LinuxRoutes::open(const std::vector<std::string>& private_interfaces,
                                                       const std::vector<std::string>& public_interfaces) {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return tl::unexpected(socket.error());
  if (const Result<void> filtered = socket->filter_dumps(); !filtered) return tl::unexpected(filtered.error());
  std::unique_ptr<LinuxRoutes> routes(new LinuxRoutes(std::move(*socket), private_interfaces, public_interfaces));
  if (const Result<void> found = routes->renew(); !found) return tl::unexpected(found.error());
  return routes;
}

Result<void> LinuxRoutes::renew() {
  Result<std::vector<std::uint32_t>> private_devices = indexes_of(socket_, private_interfaces_);
  if (!private_devices) return tl::unexpected(private_devices.error());
  Result<std::vector<std::uint32_t>> public_devices = indexes_of(socket_, public_interfaces_);
  if (!public_devices) return tl::unexpected(public_devices.error());
  private_devices_ = std::move(*private_devices);
  public_devices_ = std::move(*public_devices);
  return {};
}

Result<std::optional<gateway::Routes::Route>> LinuxRoutes::route_to(Ipv4 address) {
  const Result<std::optional<steer::Route>> found = steer::find_route(socket_, address);
  if (!found) return tl::unexpected(found.error());
  const std::optional<Side> side = *found ? side_of(**found) : std::nullopt;
  if (!side) return std::nullopt;
  return Route{(*found)->destination, *side};
}

Result<std::vector<Prefix>> LinuxRoutes::private_networks() {
  std::vector<Prefix> networks;
  for (const std::uint32_t device : private_devices_) {
    const Result<std::vector<steer::Route>> routes = steer::list_routes(socket_, device);
    if (!routes) return tl::unexpected(routes.error());
    for (const steer::Route& route : *routes) {
      if (side_of(route) == Side::private_side) networks.push_back(route.destination);
    }
  }
  return networks;
}

std::optional<gateway::Routes::Side> LinuxRoutes::side_of(const steer::Route& route) const {
  if (all_in(route.devices, private_devices_)) return Side::private_side;
  // An address of our own there leads to the gateway, not to the public realm.
  if (all_in(route.devices, public_devices_) && !route.own) return Side::public_side;
  return std::nullopt;
}

}  // namespace rsip
