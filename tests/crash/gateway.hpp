// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lease/config.hpp"
#include "namespace.hpp"
#include "steer/element.hpp"
#include "types/ipv4.hpp"

namespace rsip::test {

inline constexpr Ipv4 gateway_address{0x7f000001};
inline constexpr std::uint16_t gateway_port = 4555;
inline constexpr std::uint8_t host_count = 6;
/// Host n, from 0 on; its tunnel is the device rsip<n + 1>.
constexpr Ipv4 host_address(std::uint8_t n) {
  return {0x7f00000bU + n};
}

/// What is leased: so little that it would soon show if some of it were lost.
lease::Config lease_config();

/// The rules and the hosts' devices, in the namespace of the caller; the devices' other ends are outside. Throws
/// std::runtime_error.
std::vector<steer::Device> make_machine(const Namespace& outside);

/// Runs a gateway over them in a process of its own, with the server, the turns, the journal and the nftables
/// transactions of rsipd; the tunnels are made already. It stops at the step `early` of its start, if that is not 0, or
/// `late` steps after SIGUSR1. Returns the process; `ready` says when it serves: the end of a pipe from which a byte
/// comes, or nothing more.
struct Running {
  pid_t process = 0;
  int ready = -1;
};
Running run_gateway(const std::string& journal, const std::vector<steer::Device>& devices, std::uint32_t early,
                    std::uint32_t late);

}  // namespace rsip::test
