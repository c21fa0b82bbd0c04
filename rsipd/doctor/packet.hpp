// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/ipv4.hpp"

namespace rsip::doctor {

/// Numbers of IP protocols (IANA), with the names that nft has for them.
enum class Protocol : std::uint8_t { icmp = 1, ip_ip = 4, tcp = 6, udp = 17, gre = 47, esp = 50, ah = 51 };

/// A packet that the gateway must let pass, as far as it is known before there is one.
struct Packet {
  std::string what{};                ///< "ESP from hosts to the public realm"
  std::vector<std::string> hooks{};  ///< that it passes, in order: "prerouting", "forward"
  std::string in{};                  ///< device; empty: this machine makes it
  std::string out{};                 ///< device; empty: this machine takes it
  Protocol protocol = Protocol::tcp;
  std::optional<Prefix> source{};
  std::optional<Prefix> destination{};
  std::optional<std::uint16_t> source_port{};
  std::optional<std::uint16_t> destination_port{};
  std::string state = "new";  ///< of connection tracking
};

}  // namespace rsip::doctor
