// SPDX-License-Identifier: GPL-2.0-or-later
// The tunnel device: what of rtnetlink is about links.
#pragma once

#include <optional>

#include "host/network.hpp"
#include "netlink/socket.hpp"

namespace rsip::host {

/// A device as the kernel shows it.
struct Link {
  int index = 0;
  std::string kind;  ///< "ipip" or "gre"; empty for hardware
  std::string alias;
  std::optional<Ipv4> local;
  std::optional<Ipv4> remote;
};

/// The device of that name; nothing where there is none.
Result<std::optional<Link>> find_link(netlink::Socket& socket, const std::string& device);

/// Whether it is a tunnel that rsip made. One without alias was made by a process that died before it set it.
bool is_ours(const Link& link, const Network& network);

Result<void> create_tunnel(netlink::Socket& socket, const Network& network);
/// Gives an existing tunnel the ends of `network`.
Result<void> change_tunnel(netlink::Socket& socket, const Network& network);
/// Alias, rp_filter off (of this device alone), and up if `up`.
Result<void> configure_link(netlink::Socket& socket, const Link& link, const Network& network, bool up);
/// A device that is gone already is no error.
Result<void> delete_link(netlink::Socket& socket, const Link& link, const std::string& device);

}  // namespace rsip::host
