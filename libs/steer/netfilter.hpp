// SPDX-License-Identifier: GPL-2.0-or-later
// What NFQUEUE and NFLOG have in common: a netlink socket that claims a number and then reads packets of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "types/result.hpp"

struct mnl_socket;
struct nlmsghdr;

namespace rsip::steer {

/// What a claim may fail of.
struct ClaimRemedies {
  const char* taken;   ///< EPERM: for what the kernel says where another program has the number
  const char* module;  ///< "modprobe nfnetlink_queue"
};

class NetfilterSocket {
 public:
  /// In the network namespace of the caller. `what` names the claim in errors: "open queue 4555".
  static Result<NetfilterSocket> open(std::string what);

  /// Sends a configuration message and reads its acknowledgement.
  Result<void> configure(nlmsghdr* message, const ClaimRemedies& remedies);
  /// To be called when all is configured: read() does not block then.
  Result<void> stop_blocking();

  Result<void> send(const nlmsghdr* message);
  /// Hands on the messages of what waits, of at most `batch` datagrams, until `handler` fails.
  Result<void> read(int batch, const std::function<Result<void>(const nlmsghdr*)>& handler);

  int fd() const;
  /// How often the kernel had to drop packets because we were too slow to read.
  std::uint64_t overruns() const { return overruns_; }

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  NetfilterSocket(std::unique_ptr<mnl_socket, Close> socket, std::string what)
      : socket_(std::move(socket)), what_(std::move(what)) {}

  std::unique_ptr<mnl_socket, Close> socket_;
  std::string what_;
  std::uint64_t overruns_ = 0;
};

}  // namespace rsip::steer
