// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/service.hpp"

#include <prometheus/text_serializer.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "daemon/journal_file.hpp"
#include "gateway/salvage.hpp"
#include "server/use_tcp.hpp"

namespace rsip {

namespace {

/// Removing a tunnel device takes the kernel some 10 ms, in which nothing else is done here.
constexpr std::chrono::milliseconds removal_pause{50};

/// How long hosts may take to accept the message that all is over.
constexpr std::chrono::seconds dismissal_time{1};

/// What `rsipctl doctor` needs to know beside the leases' configuration.
nlohmann::json interfaces(const Options& options) {
  nlohmann::json ports = nlohmann::json::array();
  for (const Listen& listen : options.listen) ports.push_back(listen.port);
  if (options.listen.empty()) ports.push_back(Listen{}.port);
  nlohmann::json tunnels = nlohmann::json::array();
  for (const TunnelType type : options.policy.tunnels) tunnels.push_back(type == TunnelType::gre ? "gre" : "ipip");
  return {{"private_interfaces", options.private_interfaces},
          {"public_interfaces", options.public_interfaces},
          {"listen", std::move(ports)},
          {"tunnels", std::move(tunnels)}};
}

}  // namespace

tl::expected<std::unique_ptr<Service>, Problem> Service::start(const Options& options, const Setup& setup) {
  const auto problem = [](ExitCode code, const Error& error) { return tl::unexpected(Problem{code, error.text()}); };

  Result<std::unique_ptr<LinuxKernel>> kernel =
      LinuxKernel::open(setup.private_mtu, setup.skeleton, options.own_tables);
  if (!kernel) return problem(exit_kernel, kernel.error());
  Result<std::unique_ptr<LinuxRoutes>> routes =
      LinuxRoutes::open(options.private_interfaces, options.public_interfaces);
  if (!routes) return problem(exit_kernel, routes.error());
  std::unique_ptr<Service> service(new Service(options, std::move(*kernel), std::move(*routes)));
  Result<std::unique_ptr<resolve::Resolver>> resolver = resolve::Resolver::create(service->loop_, {});
  if (!resolver) return problem(exit_failure, resolver.error());
  service->resolver_ = std::move(*resolver);
  service->gateway_.set_authenticator(gateway::Authenticator(setup.keys, std::size_t{2} * options.lease.max_hosts));

  // The ports first: where another rsipd runs, its rules must stay as they are.
  if (const Result<void> done = service->listen(setup.endpoints); !done) return problem(exit_network, done.error());
  if (const Result<void> done = service->watch_queue(); !done) return problem(exit_network, done.error());
  if (const Result<void> done = service->watch_log(options.log_group); !done)
    return problem(exit_network, done.error());
  if (const Result<void> done = service->open_control(options.control, setup.control_group); !done)
    return problem(exit_network, done.error());
  if (const Result<void> done = service->publish_metrics(options); !done) return problem(exit_network, done.error());
  if (const auto done = service->restore(options, setup.endpoints); !done) return tl::unexpected(done.error());
  if (const Result<void> done = options.heal ? service->heal(options.public_interfaces) : Result<void>(); !done)
    return problem(exit_kernel, done.error());
  if (const Result<void> done = service->follow(setup.followed); !done) return problem(exit_kernel, done.error());
  if (const Result<void> done = service->gateway_.reinstate(lease::Clock::now()); !done) {
    return problem(exit_kernel, done.error());
  }
  service->keeper_->changed();
  service->after_changes();
  service->wait_for_signal();
  return service;
}

Service::Service(const Options& options, std::unique_ptr<LinuxKernel> kernel, std::unique_ptr<LinuxRoutes> routes)
    : on_exit_(options.on_exit),
      udp_(options.udp),
      policy_(options.policy),
      queue_number_(options.queue),
      kernel_(std::move(kernel)),
      routes_(std::move(routes)),
      gateway_(options.policy, options.lease, randombytes_uniform, *kernel_),
      server_(loop_, options.limits,
              {.may_register = [this](Ipv4 host) { return policy_.may_register(host); },
               .is_registered = [this](Ipv4 host) { return gateway_.is_registered(host); }},
              [this](const gateway::Peer& peer, std::span<const std::uint8_t> message, const server::Reply& reply) {
                serve(peer, message, reply);
              }),
      operation_{gateway_,
                 *kernel_,
                 watchers_,
                 lease::Clock::now,
                 [this] { return about(); },
                 [this] { return collect(); },
                 interfaces(options)} {
  gateway_.add_observer(event_log_);
  gateway_.add_observer(watchers_);
  gateway_.add_observer(metrics_);
  server_.set_answered([this](std::chrono::nanoseconds time) { metrics_.answered_after(time); });
  kernel_->set_committed([this](std::chrono::nanoseconds time, bool done) { metrics_.committed(time, done); });
  gateway_.set_locality(gateway::Locality(options.local_networks, *routes_));
}

Service::~Service() {
  if (queue_ready_.is_open()) queue_ready_.release();  // the descriptor is the queue's
}

Result<void> Service::listen(const std::vector<server::Endpoint>& endpoints) {
  for (const server::Endpoint& endpoint : endpoints) {
    if (Result<void> done = server_.listen(endpoint); !done) return done;
    spdlog::info("serving {}", server::to_string(endpoint));
  }
  return {};
}

/// A host's turn. Others have theirs when this returns; this host when `reply` has been called.
void Service::serve(const gateway::Peer& peer, std::span<const std::uint8_t> message, const server::Reply& reply) {
  if (!udp_ && peer.transport == gateway::Transport::udp) return reply(server::use_tcp(message));
  const std::optional<std::string> name = gateway_.name_to_resolve(peer, message);
  if (!name) return keeper_->answer(peer, message, {}, reply);
  resolver_->resolve(*name, [this, peer, message, reply](const std::vector<Ipv4>& addresses) {
    keeper_->answer(peer, message, addresses, reply);
  });
}

/// The leases of an earlier run.
tl::expected<void, Problem> Service::restore(const Options& options, const std::vector<server::Endpoint>& endpoints) {
  const auto problem = [](const Error& error) { return tl::unexpected(Problem{exit_failure, error.text()}); };
  Result<JournalFile> file = open_journal(options.state_dir, options.lease);
  if (!file) return problem(file.error());
  if (!file->saved) {
    Result<store::Saved> salvaged = salvage();
    if (!salvaged) return problem(salvaged.error());
    // Where they cannot be written down, only the kernel has them: it has to stay as it is.
    file->journal.adopt(*salvaged);
    if (const Result<void> done = file->journal.commit(); !done) return problem(done.error());
    file->saved = std::move(*salvaged);
  }
  keeper_ =
      std::make_unique<Keeper>(loop_, std::move(file->journal), gateway_, options.history,
                               Keeper::Ways{[this] { return server_.turn_waits(); }, [this] { after_changes(); }});
  operation_.journal = &keeper_->journal();
  operation_.keep = [this] { return keeper_->commit(); };
  // The endpoints may have another order now.
  for (store::SavedHost& host : file->saved->hosts) {
    const auto same = std::ranges::find(endpoints, host.session.gateway, &server::Endpoint::address);
    if (host.session.endpoint < endpoints.size() && endpoints[host.session.endpoint].address == host.session.gateway) {
      continue;
    }
    host.session.endpoint = static_cast<std::uint32_t>(same - endpoints.begin());
  }
  keeper_->restore(*file->saved);
  const lease::LeaseTable& leases = gateway_.leases();
  if (!leases.registrations().empty()) {
    spdlog::info("event=restored hosts={} bindings={}", leases.registrations().size(), leases.binding_count());
  }
  return {};
}

/// The leases of an earlier run as far as the kernel has them.
Result<store::Saved> Service::salvage() {
  const auto tunnels = kernel_->put_tunnels_in_order();
  if (!tunnels) return tl::unexpected(tunnels.error());
  Result<KernelView::Walk> walk = kernel_->walk();
  if (!walk) return tl::unexpected(walk.error());
  steer::Elements all;
  Result<std::optional<steer::Elements>> some = (*walk)();
  for (; some && *some; some = (*walk)()) all.insert(all.end(), (*some)->begin(), (*some)->end());
  if (!some) return tl::unexpected(some.error());
  store::Saved saved = gateway::salvage(all, *tunnels, gateway_.leases().config(), lease::Clock::now());
  if (!saved.hosts.empty()) {
    std::size_t bindings = 0;
    for (const store::SavedHost& host : saved.hosts) bindings += host.registration.bindings.size();
    spdlog::warn("event=salvaged hosts={} bindings={}", saved.hosts.size(), bindings);
  }
  return saved;
}

void Service::after_changes() {
  send_unasked();
  wait_for_expiry();
  remove_tunnels_later();
}

/// What hosts are told holds: it waits for the journal.
void Service::send_unasked() {
  if (keeper_->has_promises()) return;
  for (gateway::Unasked& unasked : gateway_.take_unasked()) server_.send(unasked.to, std::move(unasked.message));
}

/// One at a time with a pause, so that hosts never wait for more than one.
void Service::remove_tunnels_later() {
  if (removing_ || !gateway_.has_idle_tunnels()) return;
  removing_ = true;
  removal_.expires_after(removal_pause);
  removal_.async_wait([this](asio::error_code code) {
    if (code) return;
    removing_ = false;
    gateway_.remove_idle_tunnel();
    remove_tunnels_later();
  });
}

nlohmann::json Service::about() const {
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(lease::Clock::now() - up_since_);
  return {{"version", RSIP_VERSION},
          {"pid", ::getpid()},
          {"started", std::chrono::system_clock::to_time_t(started_)},
          {"uptime", up.count()},
          {"tables_owned", kernel_->owns_tables()},
          {"connections", server_.connections()}};
}

metrics::Families Service::collect() {
  metrics::Families families = metrics_.collect();
  metrics::add_leases(families, gateway_, lease::Clock::now());
  metrics::add_server(families, server_);
  metrics::add_kernel(families, *kernel_);
  if (healer_) metrics::add_healing(families, healer_->healed());
  metrics::add_process(families, RSIP_VERSION, started_);
  return families;
}

std::string Service::metrics_text() {
  return prometheus::TextSerializer().Serialize(collect());
}

Result<void> Service::publish_metrics(const Options& options) {
  const auto text = [this] { return metrics_text(); };
  if (options.metrics) {
    auto opened = metrics::HttpServer::open(loop_, options.metrics->address, options.metrics->port, text);
    if (!opened) return tl::unexpected(opened.error());
    metrics_server_ = std::move(*opened);
  }
  if (options.metrics_file.empty()) return {};
  metrics_file_ = std::make_unique<metrics::TextFile>(loop_, options.metrics_file, text);
  return metrics_file_->start();
}

Result<void> Service::open_control(const std::string& path, std::optional<gid_t> group) {
  const auto obey = [this](const std::string& line, const control::AnswerPtr& answer) {
    commands::obey(operation_, line, answer);
    keeper_->changed();
    after_changes();
  };
  auto opened = control::ControlServer::create(loop_, path, obey, group);
  if (!opened) return tl::unexpected(opened.error());
  control_ = std::move(*opened);
  return {};
}

Result<void> Service::watch_queue() {
  Result<steer::Queue> queue = steer::Queue::open(queue_number_);
  if (!queue) return tl::unexpected(queue.error());
  queue_.emplace(std::move(*queue));
  asio::error_code code;
  (void)queue_ready_.assign(queue_->fd(), code);
  if (code) return failure(code.value(), "watch queue " + std::to_string(queue_number_));
  wait_for_queue();
  return {};
}

void Service::wait_for_queue() {
  queue_ready_.async_wait(asio::posix::stream_descriptor::wait_read, [this](asio::error_code code) {
    if (code) return;
    const Result<void> done = queue_->read([this](const steer::QueuedPacket& packet) {
      const steer::Verdict verdict = gateway_.judge_ike(packet.in_ifindex, packet.payload, lease::Clock::now());
      metrics_.judged(verdict);
      return verdict;
    });
    if (!done) spdlog::error("{}", done.error().text());
    keeper_->changed();
    wait_for_queue();
  });
}

Result<void> Service::follow(const std::map<std::string, Ipv4>& addresses) {
  if (addresses.empty()) return {};
  const PoolFollower::Ways ways{[this](Ipv4 former, Ipv4 address) { return replace_address(former, address); },
                                [this](Ipv4 address, bool away) { gateway_.set_away(address, away); }};
  Result<std::unique_ptr<PoolFollower>> follower = PoolFollower::open(loop_, addresses, ways);
  if (!follower) return tl::unexpected(follower.error());
  pool_follower_ = std::move(*follower);
  return {};
}

Result<void> Service::replace_address(Ipv4 former, Ipv4 address) {
  // Answers that wait may be about the former address.
  if (Result<void> done = keeper_->commit(); !done) return done;
  const lease::Time now = lease::Clock::now();
  if (Result<void> done = gateway_.replace_address(former, address, now); !done) return done;
  kernel_->replace_address(former, address);
  if (Result<void> done = gateway_.reinstate(now); !done) return done;
  return keeper_->commit();
}

Result<void> Service::heal(const std::vector<std::string>& public_interfaces) {
  Result<steer::Watch> tables = kernel_->watch();
  if (!tables) return tl::unexpected(tables.error());
  Result<steer::LinkWatch> links = steer::LinkWatch::open();
  if (!links) return tl::unexpected(links.error());
  const auto on_return = [this] {
    if (const Result<void> done = routes_->renew(); !done) spdlog::warn("{}", done.error().text());
  };
  Result<std::unique_ptr<Healer>> healer =
      Healer::open(loop_, {std::move(*tables), std::move(*links)}, public_interfaces, gateway_, on_return);
  if (!healer) return tl::unexpected(healer.error());
  healer_ = std::move(*healer);
  return {};
}

Result<void> Service::watch_log(std::uint16_t group) {
  const auto tell = [this](const steer::LoggedPacket& packet) {
    const lease::Time now = lease::Clock::now();
    if (packet.prefix == steer::peer_log_prefix) {
      gateway_.note_ike_peer(packet.in_ifindex, packet.payload, now);
    } else if (packet.in_ifindex == 0) {
      gateway_.tunnel_refused(packet.payload, now);
    } else {
      gateway_.denied(packet.in_ifindex, packet.payload, now);
    }
    keeper_->changed();
    send_unasked();
  };
  Result<std::unique_ptr<LogReader>> log = LogReader::open(loop_, group, tell);
  if (!log) return tl::unexpected(log.error());
  log_ = std::move(*log);
  return {};
}

void Service::wait_for_signal() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.async_wait([this](asio::error_code code, int signal) {
    if (code) return;
    spdlog::info("stopping on signal {}", signal);
    loop_.stop();
  });
}

void Service::wait_for_expiry() {
  const std::optional<lease::Time> next = gateway_.next_expiry();
  if (next == expiry_at_) return;
  expiry_at_ = next;
  if (!next) {
    expiry_.cancel();
    return;
  }
  expiry_.expires_at(*next);
  expiry_.async_wait([this](asio::error_code code) {
    if (code) return;
    gateway_.expire(lease::Clock::now());
    expiry_at_.reset();
    keeper_->changed();
    after_changes();
  });
}

Result<void> Service::run() {
  spdlog::info("ready");
  manager_.ready();
  loop_.run();
  manager_.stopping();
  if (on_exit_ == OnExit::keep) return keeper_->commit();
  dismiss_hosts();
  return kernel_->take_out();
}

void Service::dismiss_hosts() {
  server_.stop();
  gateway_.dismiss_all(lease::Clock::now());
  if (const Result<void> done = keeper_->commit(); !done) spdlog::error("{}", done.error().text());
  send_unasked();
  loop_.restart();
  const lease::Time end = lease::Clock::now() + dismissal_time;
  while (server_.sending() && loop_.run_one_until(end) > 0) {
  }
}

}  // namespace rsip
