// SPDX-License-Identifier: GPL-2.0-or-later
// A Session with its transport and its timer on an event loop.
#pragma once

#include <memory>

#include "host/remedy.hpp"
#include "host/session.hpp"
#include "host/transport.hpp"

namespace rsip::host {

/// Seals what this host sends and tells what is from the gateway (RFC 3102 section 3.3, optional authentication).
struct Authentication {
  std::function<std::vector<std::uint8_t>(std::span<const std::uint8_t>)> seal;
  std::function<bool(std::span<const std::uint8_t>)> accepts;
};

class Client {
 public:
  struct Settings {
    Peer peer;
    Ipv4 local;  ///< this host's address in the private realm
    Wish wish;
    double spread = 0;  ///< as for Session
    std::optional<Authentication> authentication{};
  };
  /// Called from the event loop, in the order in which things happen. None may destroy the client.
  struct Events {
    std::function<void(const Grant&)> granted;
    std::function<void(const Grant&)> extended;
    std::function<void()> withdraw;
    std::function<void(CommandId, const Outcome&)> answered;
    std::function<void(const std::string&)> notice;
    /// The last one. The text is explain()'s.
    std::function<void(const EndReason&, const std::string&)> ended;
  };

  static Result<std::unique_ptr<Client>> create(asio::io_context& io, const Settings& settings, Events events);

  void start();
  /// Gives everything back; ended() follows within the time of one exchange.
  void stop();
  /// What comes of it is told by answered(), perhaps before this returns.
  void command(Command command);
  const Bindings& bindings() const { return session_.bindings(); }
  /// A command's failure in one line, with what to do about it.
  std::string explain(const Failure& failure) const;

 private:
  Client(const Settings& settings, Events events);
  void act(const Actions& actions);
  /// The only ways in and out, so that all that is sent is sealed, and nothing else is heard.
  void received(std::span<const std::uint8_t> bytes);
  /// What may be the reason where no answer came; empty where nothing is known.
  std::string complaint() const;
  void act(const Transmit& transmit);
  void act(const Disconnect&) { transport_->disconnect(); }
  void act(const Granted& granted) { events_.granted(granted.grant); }
  void act(const Extended& extended) { events_.extended(extended.grant); }
  void act(const Withdraw&) { events_.withdraw(); }
  void act(const Answered& answered) { events_.answered(answered.id, answered.outcome); }
  void act(const Notice& notice);
  void act(const Ended& ended);

  Settings settings_;
  Events events_;
  Session session_;
  std::unique_ptr<Transport> transport_;
  bool ignored_ = false;  ///< what came last was not authenticated
  std::unique_ptr<BootTimer> timer_;
};

}  // namespace rsip::host
