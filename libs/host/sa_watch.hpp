// SPDX-License-Identifier: GPL-2.0-or-later
// The security associations of this host's kernel, on an event loop.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "xfrm/database.hpp"
#include "xfrm/monitor.hpp"

namespace rsip::host {

class SaWatch {
 public:
  struct Events {
    std::function<void(const xfrm::Event&)> happened;
    /// After one or more of these: what there is to do about them, all at once.
    std::function<void()> settled;
    /// Nothing more is heard.
    std::function<void(const Error&)> failed;
  };

  /// Hears all that happens from now on. EPROTONOSUPPORT: the kernel has no IPsec.
  static Result<std::unique_ptr<SaWatch>> create(asio::io_context& io, Events events);
  SaWatch(const SaWatch&) = delete;
  SaWatch& operator=(const SaWatch&) = delete;
  ~SaWatch();

  Result<std::vector<xfrm::Association>> all() { return database_.all(); }
  Result<void> expire(const xfrm::Association& association) { return database_.expire(association); }

 private:
  SaWatch(asio::io_context& io, xfrm::Database database, xfrm::Monitor monitor, Events events);
  void wait();

  xfrm::Database database_;
  xfrm::Monitor monitor_;
  asio::posix::stream_descriptor readable_;
  Events events_;
};

}  // namespace rsip::host
