// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "steer/netfilter.hpp"

namespace rsip::steer {

/// A packet that a rule has logged. Nothing waits for us.
struct LoggedPacket {
  std::uint32_t in_ifindex;               ///< interface it came in on; 0: this machine made it
  std::span<const std::uint8_t> payload;  ///< from the IP header on, cut after Log::copied bytes
  std::string_view prefix;                ///< that the rule gives it; empty where it gives none
};

/// The prefix of what policing lets through, to a peer that is new to a host with a cookie prefix: in
/// nft-rules/rsip.nft.
inline constexpr std::string_view peer_log_prefix = "rsip peer";

/// An NFLOG group. What nobody reads, or overflows it, is not logged.
class Log {
 public:
  static constexpr std::uint32_t copied = 256;  ///< bytes of each packet that are read, as the rules' snaplen
  static constexpr int batch = 16;  ///< datagrams of one read(), of up to a page of packets each: a flood leaves time

  /// In the network namespace of the caller; does not block afterwards. EPERM where another program has the group.
  static Result<Log> open(std::uint16_t group);

  int fd() const { return socket_.fd(); }

  /// Hands on what has been logged, at most `batch` datagrams of it.
  Result<void> read(const std::function<void(const LoggedPacket&)>& handler);

  /// How often the kernel had to forget packets because we were too slow to read.
  std::uint64_t overruns() const { return socket_.overruns(); }

 private:
  explicit Log(NetfilterSocket socket) : socket_(std::move(socket)) {}
  Result<void> configure(std::uint16_t group);

  NetfilterSocket socket_;
};

}  // namespace rsip::steer
