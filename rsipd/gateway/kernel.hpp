// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "steer/element.hpp"
#include "steer/transaction.hpp"
#include "types/ids.hpp"
#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::gateway {

/// What the gateway asks of the kernel. Each call returns when the kernel has done it or refused.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  struct Tunnel {
    std::uint32_t slot = 0;  ///< the n of rsip<n>
    TunnelType type = TunnelType::ip_ip;
    ClientId client{};
    Ipv4 host;     ///< Xa, the tunnel's far end
    Ipv4 gateway;  ///< Na, its near end
  };
  virtual Result<steer::Device> add_tunnel(const Tunnel& tunnel) = 0;
  struct MadeTunnel {
    Tunnel tunnel;  ///< but for its client ID
    steer::Device device;
  };
  /// The tunnel devices that there are, of this run or an earlier one. What add_tunnel() has set in them is set again;
  /// those that cannot be as add_tunnel() would make them are removed.
  virtual Result<std::vector<MadeTunnel>> put_tunnels_in_order() = 0;
  virtual Result<void> remove_tunnel(const steer::Device& device) = 0;

  /// A host has the whole of `address` from now on (RSA-IP): the public link is answered for it, unless it is this
  /// machine's own, and it is routed into the tunnel. Nothing is left behind on error.
  virtual Result<void> announce(Ipv4 address, const steer::Device& tunnel) = 0;
  /// Takes that back. What is not there any more is no error.
  virtual Result<void> withdraw(Ipv4 address, const steer::Device& tunnel) = 0;

  /// Announces these and takes back every other announcement of ours, of this run or an earlier one.
  virtual Result<void> announce_only(const std::map<Ipv4, steer::Device>& tunnels) = 0;

  /// Whether this machine's own IPsec has an SA with this destination and SPI, be it ESP or AH. Costs the same however
  /// many it has.
  virtual Result<bool> has_own_sa(Ipv4 destination, Spi spi) = 0;

  /// Puts the rules in force as they are meant to be, whatever has been done to them. What was steered and policed
  /// before still is, where that is possible.
  virtual Result<void> renew_rules() = 0;
  /// All changes or none.
  virtual Result<void> commit(const steer::Transaction& changes) = 0;
  /// How many packets have matched an element that is in force and counted.
  virtual Result<std::uint64_t> packets(const steer::Element& element) = 0;
};

}  // namespace rsip::gateway
