// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/take_out.hpp"

#include <cerrno>

#include "steer/announce.hpp"
#include "steer/tunnel.hpp"

namespace rsip::steer {

Result<void> take_out(Nft& nft) {
  Result<Link> link = Link::open();
  if (!link) return tl::unexpected(link.error());
  const Result<std::vector<TunnelInfo>> tunnels = link->list_tunnels();
  if (!tunnels) return tl::unexpected(tunnels.error());
  for (const TunnelInfo& tunnel : *tunnels) {
    Result<void> removed = link->remove(tunnel.device);
    if (!removed && removed.error().code != ENODEV) return removed;  // ENODEV: an administrator was faster
  }
  // Entries of ours are known by their protocol, on whatever device they are.
  Result<Announcer> announcer = Announcer::open({});
  if (!announcer) return tl::unexpected(announcer.error());
  if (Result<void> done = announcer->announce_only({}); !done) return done;
  return nft.delete_tables();
}

}  // namespace rsip::steer
