// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "netlink/socket.hpp"
#include "steer/element.hpp"
#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::steer {

/// Begins the alias (`ip link`) of every tunnel device of ours: "rsipd client 7 10.0.0.11".
inline constexpr std::string_view alias_prefix = "rsipd ";

struct TunnelOptions {
  std::string name;          ///< "rsip3"; at most 15 bytes
  Ipv4 local;                ///< our private address
  Ipv4 remote;               ///< the host's private address
  std::uint32_t mtu = 1480;  ///< bytes
  std::string alias;         ///< begins with alias_prefix, or list_tunnels() will not know the device again
};

struct TunnelInfo {
  Device device;
  Ipv4 local;
  Ipv4 remote;
  std::uint32_t mtu = 0;
  std::string alias;
};

/// Makes and removes the gateway's ends of the IP-IP tunnels to the hosts.
class Link {
 public:
  /// In the network namespace of the caller.
  static Result<Link> open();

  /// A point-to-point ipip device that copies the inner TTL and never sets DF outside, up and ready to carry packets
  /// whose source is one of our own addresses. Nothing is left behind on error.
  Result<Device> add_tunnel(const TunnelOptions& options);

  /// ENODEV where the device is gone.
  Result<void> remove(const Device& device);

  /// The ipip devices that carry our alias, whoever made them.
  Result<std::vector<TunnelInfo>> list_tunnels();

 private:
  explicit Link(netlink::Socket socket) : socket_(std::move(socket)) {}
  Result<void> configure(const Device& device, const TunnelOptions& options);

  netlink::Socket socket_;
};

}  // namespace rsip::steer
