// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "types/ipv4.hpp"

namespace rsip::server {

/// Receives datagrams many at a time, which takes a third of the time.
class Datagrams {
 public:
  static constexpr std::size_t batch = 32;

  Datagrams();
  Datagrams(const Datagrams&) = delete;
  Datagrams& operator=(const Datagrams&) = delete;
  ~Datagrams() = default;

  struct Datagram {
    Ipv4 host;
    std::uint16_t port = 0;
    std::span<const std::uint8_t> bytes;
  };
  /// What has arrived, at most a batch, until the next call. None where there is none, or the socket has an error: one
  /// that an earlier datagram of ours has met (ICMP) is reported like this, and the socket goes on working.
  std::span<const Datagram> receive(int socket);

 private:
  std::vector<std::uint8_t> memory_;  ///< of the kernel's only as much as was ever used
  std::array<sockaddr_in, batch> senders_{};
  std::array<iovec, batch> buffers_{};
  std::array<mmsghdr, batch> headers_{};
  std::array<Datagram, batch> received_{};
};

}  // namespace rsip::server
