// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/routes.hpp"
#include "netlink/socket.hpp"
#include "steer/route.hpp"

namespace rsip {

/// The routing of this machine.
class LinuxRoutes : public gateway::Routes {
 public:
  static Result<std::unique_ptr<LinuxRoutes>> open(const std::vector<std::string>& private_interfaces,
                                                   const std::vector<std::string>& public_interfaces);

  /// The interfaces are looked up again: one that was gone and is back is another to the kernel.
  Result<void> renew();

  Result<std::optional<Route>> route_to(Ipv4 address) override;
  Result<std::vector<Prefix>> private_networks() override;

 private:
  LinuxRoutes(netlink::Socket socket, std::vector<std::string> private_interfaces,
              std::vector<std::string> public_interfaces)
      : socket_(std::move(socket)),
        private_interfaces_(std::move(private_interfaces)),
        public_interfaces_(std::move(public_interfaces)) {}
  std::optional<Side> side_of(const steer::Route& route) const;

  netlink::Socket socket_;
  std::vector<std::string> private_interfaces_;
  std::vector<std::string> public_interfaces_;
  std::vector<std::uint32_t> private_devices_;  ///< ifindexes
  std::vector<std::uint32_t> public_devices_;
};

}  // namespace rsip
