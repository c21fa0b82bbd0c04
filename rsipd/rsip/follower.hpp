// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>

#include "host/boot_clock.hpp"
#include "host/followed_sas.hpp"
#include "host/sa_watch.hpp"
#include "rsip/state.hpp"

namespace rsip::program {

/// Has the session lease and free the SPIs of this host's security associations (--follow-sas), and says how long it
/// took.
class Follower {
 public:
  struct Surroundings {
    std::function<const host::Bindings&()> bindings;
    std::function<void(host::Order)> ask;  ///< answered() follows, perhaps before it returns
    std::function<void()> changed;         ///< followed() says something else now
  };

  /// EPROTONOSUPPORT: the kernel has no IPsec.
  static Result<std::unique_ptr<Follower>> create(asio::io_context& io, Surroundings surroundings);

  // These may be called from within the session's events: what is to be done is done after them.
  /// There is a lease other than ours, perhaps of another address: looks at all associations there are.
  void look_around();
  /// Bindings went.
  void bindings_changed();
  void answered(const host::Outcome& outcome);

  Followed followed() const;

 private:
  Follower(asio::io_context& io, Surroundings surroundings) : io_(io), surroundings_(std::move(surroundings)) {}

  void happened(const xfrm::Event& event);
  void resync();
  void remove(const xfrm::Association& association);
  void proceed();
  void proceed_soon();

  asio::io_context& io_;
  Surroundings surroundings_;
  host::FollowedSas sas_;
  std::unique_ptr<host::SaWatch> watch_;
  std::unique_ptr<host::BootTimer> timer_;
  bool look_around_ = false;
  bool bindings_changed_ = false;
  bool proceeding_soon_ = false;
  Followed figures_;
};

}  // namespace rsip::program
