// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "netlink/listener.hpp"
#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip {

/// Sees to it that shared addresses of the pool are those that certain interfaces have, as those of PPPoE sessions.
class PoolFollower {
 public:
  struct Ways {
    /// An interface has another address now.
    std::function<Result<void>(Ipv4 former, Ipv4 address)> replace;
    /// Its interface has none, or is not there; or has this one again.
    std::function<void(Ipv4 address, bool away)> set_away;
  };
  /// `addresses`: what the pool has of each interface. What has changed since is heard of at once.
  static Result<std::unique_ptr<PoolFollower>> open(asio::io_context& loop, std::map<std::string, Ipv4> addresses,
                                                    Ways ways);

  PoolFollower(const PoolFollower&) = delete;
  PoolFollower& operator=(const PoolFollower&) = delete;
  ~PoolFollower();

 private:
  PoolFollower(asio::io_context& loop, netlink::Listener listener, netlink::Socket socket,
               std::map<std::string, Ipv4> addresses, Ways ways);
  void wait();
  void look();
  Result<std::optional<Ipv4>> address_of(const std::string& interface);
  Result<void> follow(const std::string& interface, Ipv4& address);

  netlink::Listener listener_;
  netlink::Socket socket_;
  std::map<std::string, Ipv4> addresses_;
  std::set<std::string> away_;
  Ways ways_;
  asio::posix::stream_descriptor ready_;
  asio::steady_timer retry_;
};

}  // namespace rsip
