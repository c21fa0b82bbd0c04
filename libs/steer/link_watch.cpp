// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/link_watch.hpp"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace rsip::steer {

Result<LinkWatch> LinkWatch::open() {
  Result<netlink::Listener> listener = netlink::Listener::open(NETLINK_ROUTE, {RTNLGRP_LINK});
  if (!listener) return tl::unexpected(listener.error());
  return LinkWatch(std::move(*listener));
}

Result<std::vector<LinkChange>> LinkWatch::read() {
  std::vector<LinkChange> changes;
  const Result<void> done = listener_.receive([&](const netlink::Reply& message) {
    const auto* header = message.header<ifinfomsg>();
    // A device that leaves a bridge is told as RTM_DELLINK of that family.
    if (header == nullptr || header->ifi_family != AF_UNSPEC) return;
    if (message.type != RTM_NEWLINK && message.type != RTM_DELLINK) return;
    changes.push_back(
        {{message.attributes(sizeof(ifinfomsg)).text(IFLA_IFNAME), static_cast<std::uint32_t>(header->ifi_index)},
         message.type == RTM_NEWLINK,
         (header->ifi_flags & IFF_UP) != 0});
  });
  if (!done) return tl::unexpected(done.error());
  return changes;
}

}  // namespace rsip::steer
