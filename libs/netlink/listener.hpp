// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

#include "netlink/socket.hpp"

namespace rsip::netlink {

/// A netlink socket that hears what the kernel tells multicast groups.
class Listener {
 public:
  /// `bus`: NETLINK_XFRM and the like, `groups`: XFRMNLGRP_SA and the like. Hears the network namespace in which it was
  /// opened.
  static Result<Listener> open(int bus, std::initializer_list<unsigned> groups);

  /// Lets the kernel keep back what it tells of the requests of this netlink socket, in whichever group.
  Result<void> ignore(std::uint32_t port);

  /// Readable when there is something to receive().
  int descriptor() const;

  /// Hands over what has come, without waiting for more. ENOBUFS: some of it was lost, as it came faster than it was
  /// received.
  Result<void> receive(const std::function<void(const Reply&)>& each);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit Listener(std::unique_ptr<mnl_socket, Close> socket) : socket_(std::move(socket)) {}

  std::unique_ptr<mnl_socket, Close> socket_;
};

}  // namespace rsip::netlink
