// SPDX-License-Identifier: GPL-2.0-or-later
// Tells what others do to our tables: `nft flush ruleset`, a firewall that is loaded anew, a hand that deletes one
// element.
//
// Listening has a price: the kernel writes a notification for each element of our own transactions as well. It keeps
// these back from us, which leaves most of the transactions that it makes otherwise (tests/bench/notifications); to
// compare the ruleset's generation instead would cost nothing, but does not tell our tables from those of others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "netlink/listener.hpp"
#include "steer/element.hpp"

namespace rsip::steer {

/// The process that has changed the ruleset, as the kernel names it.
struct Committer {
  std::uint32_t pid = 0;
  std::string name;
};

/// What others have changed in our tables.
struct Damage {
  Elements removed;             ///< from maps and sets that hold leases, with the time that was left to each
  Elements added;               ///< to such maps and sets
  bool other = false;           ///< tables, chains, rules or sets; or it is not known what
  std::optional<Committer> by;  ///< who did the last of it; nothing where the kernel does not say

  /// What has been done since comes on top.
  void merge(Damage later);
  bool empty() const { return removed.empty() && added.empty() && !other; }
};

class Watch {
 public:
  /// In the network namespace of the caller, who listens from now on. `own_port`: of the socket whose transactions are
  /// not told, see Nft::port().
  static Result<Watch> open(std::uint32_t own_port);

  /// Readable when there is something to read().
  int descriptor() const { return listener_.descriptor(); }
  /// What others have done since the last call. What this process has done itself is left out.
  Damage read();

 private:
  Watch(netlink::Listener listener, std::uint32_t own_pid) : listener_(std::move(listener)), own_pid_(own_pid) {}
  Result<void> receive(Damage& damage);
  /// All of one commit are told before its end.
  void note(const netlink::Reply& message);
  void note_end(const netlink::Reply& message, Damage& damage);

  netlink::Listener listener_;
  std::uint32_t own_pid_;  ///< as the kernel tells it, who does not know of our PID namespace
  Damage pending_;         ///< of a commit whose end is still to come
};

}  // namespace rsip::steer
