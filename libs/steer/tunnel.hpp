// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "netlink/socket.hpp"
#include "steer/element.hpp"
#include "types/ids.hpp"
#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::steer {

/// Begins the alias (`ip link`) of every tunnel device of ours: "rsipd client 7 10.0.0.11".
inline constexpr std::string_view alias_prefix = "rsipd ";

/// What a tunnel adds to each packet: an IP header, and that of GRE (RFC 2784 section 2.1) without its options.
constexpr std::uint32_t encapsulation(TunnelType type) {
  constexpr std::uint32_t ip_header = 20;
  constexpr std::uint32_t gre_header = 4;
  return type == TunnelType::gre ? ip_header + gre_header : ip_header;
}

struct TunnelOptions {
  TunnelType type = TunnelType::ip_ip;
  std::string name;          ///< "rsip3"; at most 15 bytes
  Ipv4 local;                ///< our private address
  Ipv4 remote;               ///< the host's private address
  std::uint32_t mtu = 1480;  ///< bytes
  std::string alias;         ///< begins with alias_prefix, or list_tunnels() will not know the device again
};

struct TunnelInfo {
  TunnelType type = TunnelType::ip_ip;
  Device device;
  Ipv4 local;
  Ipv4 remote;
  std::uint32_t mtu = 0;
  std::string alias;
};

/// What has gone through a device since it was made.
struct Traffic {
  struct Count {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    friend bool operator==(const Count&, const Count&) = default;
  };
  Count received;  ///< from the host
  Count sent;      ///< to the host
};

/// Makes and removes the gateway's ends of the tunnels to the hosts.
class Link {
 public:
  /// In the network namespace of the caller.
  static Result<Link> open();

  /// A point-to-point ipip or gre device that copies the inner TTL and never sets DF outside, up and ready to carry
  /// packets whose source is one of our own addresses. Nothing is left behind on error. EPROTONOSUPPORT for L2TP.
  Result<Device> add_tunnel(const TunnelOptions& options);

  /// Sets again what add_tunnel() sets in a device that has the type and the ends of `options` already.
  Result<void> put_in_order(const Device& device, const TunnelOptions& options);

  /// ENODEV where the device is gone.
  Result<void> remove(const Device& device);

  /// The ipip and gre devices that carry our alias, whoever made them.
  Result<std::vector<TunnelInfo>> list_tunnels();

  /// ENODEV where the device is gone.
  Result<Traffic> traffic(const Device& device);

 private:
  explicit Link(netlink::Socket socket) : socket_(std::move(socket)) {}
  Result<void> keep_without_ipv6_address(const Device& device);
  netlink::Socket socket_;
};

}  // namespace rsip::steer
