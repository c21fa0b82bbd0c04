// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "steer/netfilter.hpp"

namespace rsip::steer {

/// A packet that waits in the kernel for our verdict.
struct QueuedPacket {
  std::uint32_t in_ifindex;               ///< interface it came in on: the host's tunnel device
  std::span<const std::uint8_t> payload;  ///< from the IP header on, cut after Queue::copied bytes
};

enum class Verdict : std::uint8_t {
  accept,
  drop,
  refuse_cookie,  ///< dropped by the rules themselves, so that their counter cookie_in_use shows it
};

/// The mark by which the rules know a packet whose cookie was refused: cookie_refused in nft-rules/rsip.nft.
inline constexpr std::uint32_t cookie_refused_mark = 0x20000;

/// An NFQUEUE. Packets that nobody reads, or that overflow it, are dropped by the kernel.
class Queue {
 public:
  static constexpr std::uint32_t copied = 128;   ///< bytes of each packet that are read
  static constexpr std::uint32_t length = 1024;  ///< packets that may wait
  static constexpr int batch = 64;               ///< packets of one read(), so that a flood leaves time for others

  /// In the network namespace of the caller; does not block afterwards. EPERM where another program has the number.
  static Result<Queue> open(std::uint16_t number);

  int fd() const { return socket_.fd(); }

  /// Reads what waits, at most `batch` packets, and gives the verdict on each as soon as `handler` has returned it.
  Result<void> read(const std::function<Verdict(const QueuedPacket&)>& handler);

  /// How often the kernel had to drop packets because we were too slow to read.
  std::uint64_t overruns() const { return socket_.overruns(); }

 private:
  Queue(NetfilterSocket socket, std::uint16_t number) : socket_(std::move(socket)), number_(number) {}
  Result<void> configure();
  Result<void> handle(const nlmsghdr* message, const std::function<Verdict(const QueuedPacket&)>& handler);

  NetfilterSocket socket_;
  std::uint16_t number_;
};

}  // namespace rsip::steer
