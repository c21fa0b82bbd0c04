// SPDX-License-Identifier: GPL-2.0-or-later
// A Session with its transport and its timer on an event loop.
#pragma once

#include <memory>

#include "host/remedy.hpp"
#include "host/session.hpp"
#include "host/transport.hpp"

namespace rsip::host {

class Client {
 public:
  struct Settings {
    Peer peer;
    Ipv4 local;  ///< this host's address in the private realm
    Wish wish;
    double spread = 0;  ///< as for Session
  };
  /// Called from the event loop, in the order in which things happen. None may destroy the client.
  struct Events {
    std::function<void(const Grant&)> granted;
    std::function<void()> extended;
    std::function<void()> withdraw;
    std::function<void(const std::string&)> notice;
    /// The last one. The text is explain()'s.
    std::function<void(const EndReason&, const std::string&)> ended;
  };

  static Result<std::unique_ptr<Client>> create(asio::io_context& io, const Settings& settings, Events events);

  void start();
  /// Gives everything back; ended() follows within the time of one exchange.
  void stop();
  const std::optional<Held>& held() const { return session_.held(); }

 private:
  Client(const Settings& settings, Events events);
  void act(const Actions& actions);
  void act(const Transmit& transmit) { transport_->send(transmit.bytes); }
  void act(const Disconnect&) { transport_->disconnect(); }
  void act(const Granted& granted) { events_.granted(granted.grant); }
  void act(const Extended&) { events_.extended(); }
  void act(const Withdraw&) { events_.withdraw(); }
  void act(const Notice& notice);
  void act(const Ended& ended);

  Settings settings_;
  Events events_;
  Session session_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<BootTimer> timer_;
};

}  // namespace rsip::host
