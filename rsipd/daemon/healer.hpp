// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/heal_pace.hpp"
#include "gateway/gateway.hpp"
#include "steer/link_watch.hpp"
#include "steer/watch.hpp"

namespace rsip {

/// Mends what others do to our tables and tunnels, as soon as the kernel tells of it, and sees to it that a public
/// interface that goes and comes back is steered from again.
class Healer {
 public:
  struct Watches {
    steer::Watch tables;
    steer::LinkWatch links;
  };
  /// Nothing is missed from the moment on when `watches` were opened. `on_return` is called when one of the public
  /// interfaces has come back, before anything is mended.
  static Result<std::unique_ptr<Healer>> open(asio::io_context& loop, Watches watches,
                                              const std::vector<std::string>& public_interfaces,
                                              gateway::Gateway& gateway, std::function<void()> on_return);

  Healer(const Healer&) = delete;
  Healer& operator=(const Healer&) = delete;
  ~Healer();

  /// How often something was mended.
  std::uint64_t healed() const { return healed_; }

 private:
  Healer(asio::io_context& loop, Watches watches, gateway::Gateway& gateway, std::function<void()> on_return)
      : tables_(std::move(watches.tables)),
        links_(std::move(watches.links)),
        gateway_(gateway),
        on_return_(std::move(on_return)),
        tables_ready_(loop),
        links_ready_(loop),
        timer_(loop) {}
  void wait_for_tables();
  void wait_for_links();
  void read_links();
  bool is_damage(const steer::LinkChange& change);
  void note(steer::Damage damage, const std::string& what);
  void heal_after(HealPace::Duration time);
  void heal();

  steer::Watch tables_;
  steer::LinkWatch links_;
  gateway::Gateway& gateway_;
  std::function<void()> on_return_;
  std::map<std::string, bool> up_;  ///< the public interfaces
  asio::posix::stream_descriptor tables_ready_;
  asio::posix::stream_descriptor links_ready_;
  asio::steady_timer timer_;
  bool waiting_ = false;  ///< the timer runs
  HealPace pace_;
  steer::Damage damage_;  ///< not mended yet
  std::string failure_;   ///< why it could not be mended the last time; empty where it could
  std::uint64_t healed_ = 0;
};

}  // namespace rsip
