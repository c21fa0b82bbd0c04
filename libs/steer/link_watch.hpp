// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "netlink/listener.hpp"
#include "steer/element.hpp"

namespace rsip::steer {

/// What has become of a network device.
struct LinkChange {
  Device device;
  bool there = false;  ///< else it is gone
  bool up = false;
};

/// Tells of network devices that come, go, or change: a PPPoE session that ends, a tunnel that somebody deletes.
class LinkWatch {
 public:
  /// In the network namespace of the caller.
  static Result<LinkWatch> open();

  /// Readable when there is something to read().
  int descriptor() const { return listener_.descriptor(); }
  /// In order. ENOBUFS: more has happened than could be told.
  Result<std::vector<LinkChange>> read();

 private:
  explicit LinkWatch(netlink::Listener listener) : listener_(std::move(listener)) {}

  netlink::Listener listener_;
};

}  // namespace rsip::steer
