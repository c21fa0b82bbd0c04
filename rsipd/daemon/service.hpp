// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "commands/commands.hpp"
#include "commands/watchers.hpp"
#include "control/control_server.hpp"
#include "control/service_manager.hpp"
#include "daemon/healer.hpp"
#include "daemon/keeper.hpp"
#include "daemon/linux_kernel.hpp"
#include "daemon/linux_routes.hpp"
#include "daemon/log_reader.hpp"
#include "daemon/options.hpp"
#include "daemon/pool_follower.hpp"
#include "daemon/startup.hpp"
#include "events/event_log.hpp"
#include "gateway/gateway.hpp"
#include "metrics/http_server.hpp"
#include "metrics/metrics.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/text_file.hpp"
#include "resolve/resolver.hpp"
#include "server/server.hpp"
#include "steer/queue.hpp"

namespace rsip {

/// The running daemon: one event loop that serves hosts, judges first IKE packets, tells hosts what was dropped and
/// ends leases.
class Service {
 public:
  /// Claims the ports, the queue and the log group, then puts the rules into force; from then on nothing of an earlier
  /// run is left.
  static tl::expected<std::unique_ptr<Service>, Problem> start(const Options& options, const Setup& setup);

  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  /// Serves until SIGTERM or SIGINT, then does what --on-exit says.
  Result<void> run();

 private:
  Service(const Options& options, std::unique_ptr<LinuxKernel> kernel, std::unique_ptr<LinuxRoutes> routes);

  Result<void> listen(const std::vector<server::Endpoint>& endpoints);
  void serve(const gateway::Peer& peer, std::span<const std::uint8_t> message, const server::Reply& reply);
  void after_changes();
  tl::expected<void, Problem> restore(const Options& options, const std::vector<server::Endpoint>& endpoints);
  Result<store::Saved> salvage();
  Result<void> open_control(const std::string& path, std::optional<gid_t> group);
  nlohmann::json about() const;
  metrics::Families collect();
  std::string metrics_text();
  Result<void> publish_metrics(const Options& options);
  Result<void> watch_queue();
  void wait_for_queue();
  Result<void> follow(const std::map<std::string, Ipv4>& addresses);
  Result<void> replace_address(Ipv4 former, Ipv4 address);
  Result<void> heal(const std::vector<std::string>& public_interfaces);
  Result<void> watch_log(std::uint16_t group);
  void wait_for_signal();
  void wait_for_expiry();
  void send_unasked();
  void remove_tunnels_later();
  void dismiss_hosts();

  OnExit on_exit_;
  bool udp_;
  std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  lease::Time up_since_ = lease::Clock::now();
  gateway::Policy policy_;
  std::uint16_t queue_number_;
  std::unique_ptr<LinuxKernel> kernel_;
  std::unique_ptr<LinuxRoutes> routes_;
  EventLog event_log_;
  metrics::Metrics metrics_;
  gateway::Gateway gateway_;
  std::optional<steer::Queue> queue_;

  asio::io_context loop_{1};
  asio::signal_set signals_{loop_};
  control::ServiceManager manager_{loop_};
  asio::steady_timer expiry_{loop_};
  std::optional<lease::Time> expiry_at_;
  asio::steady_timer removal_{loop_};
  bool removing_ = false;  ///< the removal timer runs
  asio::posix::stream_descriptor queue_ready_{loop_};
  server::Server server_;
  std::unique_ptr<resolve::Resolver> resolver_;
  std::unique_ptr<Keeper> keeper_;
  commands::Watchers watchers_;
  std::unique_ptr<metrics::HttpServer> metrics_server_;
  std::unique_ptr<metrics::TextFile> metrics_file_;
  commands::Context operation_;
  std::unique_ptr<control::ControlServer> control_;
  std::unique_ptr<LogReader> log_;
  std::unique_ptr<PoolFollower> pool_follower_;  ///< nothing where the pool follows no interface
  std::unique_ptr<Healer> healer_;               ///< nothing with --heal off
};

}  // namespace rsip
