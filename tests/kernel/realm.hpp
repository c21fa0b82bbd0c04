// SPDX-License-Identifier: GPL-2.0-or-later
// A gateway with the skeleton loaded, and what is connected to it:
//
//        x1 10.0.0.11 ---- rsip1 +-----------+
//                                |  gateway  | wan 198.51.100.1 ---- y 198.51.100.2
//        x2 10.0.0.12 ---- rsip2 +-----------+
//        x3 10.0.0.13 ---- lan --+
//                                   10.0.0.1
//
// x3 is a host without RSIP; even packets with the gateway's own address as source would be taken from it
// (accept_local). The gateway is a network namespace; x1, x2 and y are raw sockets in a second one, so that the tests
// see and make every byte. rsip1 and rsip2 are IP-IP or GRE devices over Ethernet where the kernel has them; where it
// has not, they are Ethernet devices with the same MTU, which is all the same to the rules.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namespace.hpp"
#include "packet.hpp"
#include "steer/nft.hpp"
#include "steer/skeleton.hpp"
#include "steer/tunnel.hpp"

namespace rsip::test {

inline constexpr Ipv4 gateway_private{0x0a000001};  // 10.0.0.1
inline constexpr Ipv4 x1_private{0x0a00000b};       // 10.0.0.11
inline constexpr Ipv4 x2_private{0x0a00000c};       // 10.0.0.12
inline constexpr Ipv4 x3_private{0x0a00000d};       // 10.0.0.13
inline constexpr Ipv4 gateway_public{0xc6336401};   // 198.51.100.1
inline constexpr Ipv4 y_public{0xc6336402};         // 198.51.100.2
inline constexpr Ipv4 x1_whole{0xc6336409};         // 198.51.100.9, to be leased to x1 as a whole
inline constexpr Ipv4 x2_whole{0xc633640a};         // 198.51.100.10, likewise to x2
inline constexpr std::uint32_t lan_mtu = 1500;
inline constexpr std::uint32_t tunnel_mtu = lan_mtu - steer::encapsulation(TunnelType::ip_ip);
inline constexpr std::uint16_t queue_number = 4555;
inline constexpr std::uint16_t log_group = 4555;

/// A raw socket at the far end of one of the gateway's devices.
class Endpoint {
 public:
  /// The host's end of a tunnel.
  struct Tunnel {
    TunnelType type;
    Ipv4 host;
  };
  /// `tunnel`: where the gateway's device is a tunnel to this host.
  Endpoint(const Namespace& space, std::string_view device, const Mac& gateway, std::optional<Tunnel> tunnel);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  void send(const Packet& packet) const;
  void send(const std::vector<Packet>& packets) const;

  /// The next packet that arrives; an empty one when nothing does in time.
  Packet receive(std::chrono::milliseconds patience = std::chrono::milliseconds(2000)) const;
  /// Packets until the last piece of a fragmented one (or a whole one) has come.
  std::vector<Packet> receive_pieces() const;
  /// Whether nothing comes for a while.
  bool silent() const { return receive(std::chrono::milliseconds(200)).empty(); }

 private:
  int fd_;
  int index_;
  Mac gateway_;
  std::optional<Tunnel> tunnel_;
};

class Realm {
 public:
  explicit Realm(TunnelType type = TunnelType::ip_ip);

  std::uint32_t mtu;  ///< of the tunnels
  Namespace gateway;
  Namespace outside;
  steer::Device rsip1, rsip2;
  std::unique_ptr<Endpoint> x1, x2, x3, y;

  /// Elements into the gateway's tables.
  void commit(const steer::Transaction& transaction);
  /// x1 gets port 40000, SPI 0x10000010, the right to use IPsec and the cookie 0x1111111111111111; x2 gets port
  /// 40001, SPI 0x10000020, the right to send echo requests and nothing else.
  void lease_to_hosts();
  /// Drops the fast path's table, so that every packet goes the slow path.
  void remove_fast_path();
  std::uint64_t counter(const std::string& name);
  /// The counter of an element of the gateway's; nothing where it is not there.
  std::optional<std::uint64_t> packets(const steer::Element& element);

 private:
  void make_tunnel(TunnelType type, int number, steer::Device& device, std::unique_ptr<Endpoint>& host);
  std::optional<steer::Nft> nft_;
};

/// A peer whose IKE is the gateway's own.
inline constexpr Ipv4 own_ike_peer{0xc6336463};  // 198.51.100.99
inline constexpr std::uint64_t x1_cookie = 0x1111111111111111;
inline constexpr std::uint32_t x1_spi = 0x10000010;
inline constexpr std::uint32_t x2_spi = 0x10000020;
inline constexpr std::uint16_t x1_port = 40000;
inline constexpr std::uint16_t x2_port = 40001;

/// For a gateway as drawn above.
steer::SkeletonOptions skeleton_options(const std::vector<std::string>& public_devices, std::uint32_t mtu = tunnel_mtu);

/// The skeleton as the running kernel can load it: where it has no NFQUEUE, the one rule that queues drops instead.
std::string loadable_skeleton(const std::vector<std::string>& public_devices, std::uint32_t mtu = tunnel_mtu);

}  // namespace rsip::test
