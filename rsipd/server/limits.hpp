// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rsip::server {

/// What hosts may make the servers do and hold. Everything that waits or is remembered is bounded by these.
struct Limits {
  std::uint32_t rate = 100;                    ///< requests of one host in a second, over time
  std::uint32_t max_connections = 4096;        ///< of all endpoints; further ones are closed at once
  std::uint32_t max_connections_per_host = 8;  ///< a further one closes the host's oldest
  std::chrono::seconds idle_timeout{86400};    ///< a connection on which nothing arrived for so long is closed
  std::chrono::milliseconds unregistered_idle_timeout{30000};  ///< the same for hosts that are not registered
  /// How long a message may take from its first byte to its last, and one of ours to be taken by the host.
  std::chrono::milliseconds message_time{10000};

  std::size_t max_datagrams_per_host = 8;                     ///< that wait for their turn
  std::size_t max_datagram_bytes = std::size_t{32} << 20;     ///< of all hosts, that wait for their turn
  std::size_t max_remembered_hosts = std::size_t{64} * 1024;  ///< whose rate is known

  /// Requests that a host may send at once after it was silent.
  std::uint32_t burst() const { return 2 * rate; }
};

}  // namespace rsip::server
