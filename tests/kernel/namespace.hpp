// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "netlink/socket.hpp"
#include "types/ipv4.hpp"

namespace rsip::test {

using Mac = std::array<std::uint8_t, 6>;

/// A network namespace of its own, gone with the object. Failures of the set-up throw std::runtime_error.
class Namespace {
 public:
  Namespace();
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

/// The calling thread is in the namespace while the object lives.
class Inside {
 public:
  explicit Inside(const Namespace& space);
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  int back_;
};

// All below act in the namespace of the caller.

/// A pair of connected Ethernet devices: `name` here with the address `mac`, `peer` in another namespace. Both are
/// up and never ask for neighbours (NOARP), so that nothing but the tests' packets is on the wire.
void make_veth(std::string_view name, const Mac& mac, std::string_view peer, const Namespace& peer_space,
               std::uint32_t mtu = 1500);
void set_up(std::string_view name);
void add_address(std::string_view device, Ipv4 address, std::uint8_t prefix_length);
/// `type`: RTN_UNICAST with a device, or RTN_BLACKHOLE and the like without.
void add_route(Ipv4 destination, std::uint8_t prefix_length, std::uint8_t type, std::string_view device = {});
void set_sysctl(const std::string& path_below_net_ipv4, std::string_view value);
std::string get_sysctl(const std::string& path_below_net_ipv4);
std::uint32_t index_of(std::string_view device);
std::size_t device_count();

}  // namespace rsip::test
