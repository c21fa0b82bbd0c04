// SPDX-License-Identifier: GPL-2.0-or-later
// sd_notify(3): how a program tells the service manager that started it that it is ready, alive, or about to end. The
// protocol is a datagram of words, and stable, so no library is needed for it.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <string>

namespace rsip::control {

/// The service manager, or nobody where the environment names none.
class ServiceManager {
 public:
  /// Takes NOTIFY_SOCKET and WATCHDOG_USEC from the environment.
  explicit ServiceManager(asio::io_context& io);
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  /// From now on it is also told that the event loop turns, twice in the time after which it would give up.
  void ready();
  void stopping();

 private:
  void tell(const std::string& state) const;
  void show_life();

  std::string socket_;  ///< its path, or a name with a null byte in front; empty: there is no service manager
  std::chrono::microseconds period_{0};
  asio::steady_timer timer_;
};

}  // namespace rsip::control
