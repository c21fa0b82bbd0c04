// SPDX-License-Identifier: GPL-2.0-or-later
// Puts a Network into this host's kernel and takes it out again, over rtnetlink.
#pragma once

#include <memory>

#include "host/network.hpp"
#include "types/result.hpp"

namespace rsip::netlink {
class Socket;
}

namespace rsip::host {

class Kernel {
 public:
  static Result<Kernel> open();
  Kernel(Kernel&&) noexcept;
  Kernel& operator=(Kernel&&) noexcept;
  ~Kernel();

  /// Makes the tunnel device, down and without an address, so that what the kernel lacks shows before anything is
  /// asked of the gateway. A failure leaves nothing behind. EEXIST: the name, or a tunnel between these addresses, is
  /// in use.
  Result<void> make_device(const Network& network);

  /// Makes the kernel as `wanted` says, one network for each device. `present` is all that earlier calls may have put
  /// there, make_device() included. Can be repeated. After a failure, undo() both.
  Result<void> apply(const std::vector<Network>& wanted, const std::vector<Network>& present);

  /// Removes everything of `network` that is there; what is not there is no error, and a device that merely has the
  /// name is left alone.
  Result<void> undo(const Network& network);

 private:
  Result<void> put(const Network& wanted, const std::vector<Network>& present);
  Result<void> take(const Network& present, const std::vector<Network>& wanted);

  explicit Kernel(std::unique_ptr<netlink::Socket> socket);
  std::unique_ptr<netlink::Socket> socket_;
};

}  // namespace rsip::host
