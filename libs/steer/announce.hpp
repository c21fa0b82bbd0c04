// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "netlink/socket.hpp"
#include "steer/element.hpp"
#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::steer {

/// Who made a route or a neighbour entry, as the kernel keeps it and `ip route` shows it: "proto 103". The number is
/// that of our RFC less 3000; no routing daemon has it.
inline constexpr std::uint8_t announcement_protocol = 103;

/// Draws what is sent to a whole address (RSA-IP) to this machine, by answering ARP for it on the public links. The
/// kernel does so for an address that has a proxy neighbour entry there and a route that leads elsewhere, which is the
/// host's tunnel. The route also carries this machine's own ICMP errors to the host; all else is steered before it.
/// Addresses that are this machine's own are answered for already and left alone.
class Announcer {
 public:
  /// In the network namespace of the caller.
  static Result<Announcer> open(std::vector<std::string> public_devices);

  /// Nothing is left behind on error. An entry that somebody else has made for the address serves as well and stays
  /// his; a route of the same length, such as a blackhole, is not touched but loses to ours.
  Result<void> announce(Ipv4 address, const Device& tunnel);

  /// Takes that back. What is not there any more is no error.
  Result<void> withdraw(Ipv4 address, const Device& tunnel);

  /// Announces these, each with the tunnel that leads to its host, and takes back all others, whoever announced them.
  Result<void> announce_only(const std::map<Ipv4, Device>& tunnels);

 private:
  Announcer(netlink::Socket socket, std::vector<std::string> public_devices)
      : socket_(std::move(socket)), public_devices_(std::move(public_devices)) {}
  Result<void> withdraw_others(const std::map<Ipv4, Device>& tunnels);
  Result<void> remove_other_routes(const std::map<Ipv4, Device>& tunnels);
  Result<void> add_route(Ipv4 address, const Device& tunnel);
  Result<void> remove_route(Ipv4 address, const Device& tunnel);
  Result<void> answer_for(Ipv4 address, const Device& device);
  Result<void> stop_answering_for(Ipv4 address, const Device& device);

  netlink::Socket socket_;
  std::vector<std::string> public_devices_;
};

}  // namespace rsip::steer
