// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/instance.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/post.hpp>
#include <csignal>
#include <random>

#include "auth/host_end.hpp"
#include "auth/key_file.hpp"
#include "confine/capabilities.hpp"
#include "confine/syscalls.hpp"
#include "host/atomic_file.hpp"
#include "rsip/leftovers.hpp"

namespace rsip::program {
namespace {

constexpr std::chrono::milliseconds save_delay{50};

/// This host's place in the spread of retries (host::Session).
double random_spread() {
  std::random_device device;
  return std::uniform_real_distribution<double>(0, 1)(device);
}

host::Authentication authentication(const auth::Key& key, const auth::Ends& ends) {
  const auto end = std::make_shared<auth::HostEnd>(key, ends);
  return {[end](std::span<const std::uint8_t> message) { return end->seal_request(message, auth::stamp_now()); },
          [end](std::span<const std::uint8_t> message) { return end->accepts(message, auth::stamp_now()); }};
}

/// The caller has its answer: from here on nobody's terminal matters. The working directory must not keep a mount busy.
Result<void> detach() {
  if (::setsid() < 0) return failure(errno, "start a session");
  if (::chdir("/") != 0) return failure(errno, "change to /");
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return failure(errno, "open /dev/null");
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::dup2(null, fd) < 0) return failure(errno, "let go of the terminal");
  }
  (void)::close(null);
  return {};
}

}  // namespace

int Instance::run() {
  Result<void> ready = take_over();
  if (ready) {
    if (const Result<void> found = find_gateway(); !found) {
      finish(exit_unavailable, found.error().text());
      return exit_code_;
    }
  }
  // Not before: a name may take long, and so far there is nothing to undo.
  wait_for_signals();
  if (ready) ready = prepare();
  if (ready) ready = make_client();
  if (ready) ready = make_follower();
  if (ready) ready = open_control();
  if (ready) ready = confine();
  if (!ready) {
    clean_up();
    finish(exit_code_of(ready.error()), ready.error().text());
    return exit_code_;
  }
  client_->start();
  io_.run();
  return exit_code_;
}

/// The device is ours from here on. What an earlier instance left is gone: its default route would mislead a look-up.
Result<void> Instance::take_over() {
  Result<Lock> lock = Lock::acquire(options_.runtime_dir, options_.device);
  if (!lock) return tl::unexpected(lock.error());
  lock_.emplace(std::move(*lock));
  Result<host::Kernel> kernel = host::Kernel::open();
  if (!kernel) return tl::unexpected(kernel.error());
  kernel_.emplace(std::move(*kernel));

  const Result<std::optional<State>> stale = read_state(options_.runtime_dir, options_.device);
  if (!stale) return tl::unexpected(stale.error());
  if (*stale) {
    spdlog::warn("removing what an earlier rsip (pid {}) left behind", (*stale)->pid);
    return remove_leftovers(*kernel_, options_.runtime_dir, **stale);
  }
  return {};
}

Result<void> Instance::find_gateway() {
  const UpOptions& up = options_.up;
  const Result<Ipv4> address = host::address_of(up.gateway);
  if (!address) return tl::unexpected(address.error());
  peer_ = {*address, up.gateway_port, up.protocol};
  if (const auto* name = std::get_if<std::string>(&up.gateway)) {
    spdlog::info("gateway {} is {}", *name, to_string(*address));
  } else if (from_default_route()) {
    spdlog::info("gateway is {}, the next hop of the default route", to_string(*address));
  }
  return {};
}

bool Instance::from_default_route() const {
  return std::holds_alternative<host::DefaultRouter>(options_.up.gateway);
}

/// Everything that can fail on this host, before the gateway hears of it.
Result<void> Instance::prepare() {
  if (Result<void> alone = refuse_second_registration(); !alone) return alone;

  const UpOptions& up = options_.up;
  const Result<Ipv4> local = host::address_towards(peer_.gateway);
  if (!local) return tl::unexpected(local.error());
  base_ = {.device = options_.device,
           .tunnel = up.wish.tunnel,
           .gateway = peer_.gateway,
           .local = *local,
           .remote = peer_.gateway,
           .addresses = {},
           .selectors = {},
           .table = up.table,
           .priority = up.rule_priority,
           .default_route = up.default_route};
  state_ = {::getpid(), options_.device, peer_, {}, {base_}, std::nullopt, {}};
  if (Result<void> saved = save(); !saved) return saved;
  Result<void> made = kernel_->make_device(base_);
  if (!made) state_.networks.clear();  // there is nothing to undo, and a device that has the name is somebody else's
  return made;
}

/// A host can register once with a gateway (RFC 3103 section 9.2.1): a second instance would throw the first one out.
Result<void> Instance::refuse_second_registration() {
  for (const std::string& device : devices_with_state(options_.runtime_dir)) {
    if (device == options_.device) continue;
    const Result<std::optional<pid_t>> holder = lock_holder(options_.runtime_dir, device);
    const Result<std::optional<State>> other = read_state(options_.runtime_dir, device);
    const bool runs = holder && holder->has_value() && other && other->has_value();
    if (runs && (*other)->peer.gateway == peer_.gateway) {
      return failure(EBUSY, "device " + device + " is registered with " + to_string(peer_.gateway) + " already",
                     "a host registers once with a gateway: 'rsip down --device " + device + "'");
    }
  }
  return {};
}

Result<void> Instance::make_client() {
  host::Client::Settings settings{peer_, base_.local, options_.up.wish, random_spread()};
  if (!options_.up.psk_file.empty()) {
    const Result<auth::Key> key = auth::read_key(options_.up.psk_file);
    if (!key) return tl::unexpected(key.error());
    settings.authentication = authentication(*key, {base_.local, peer_.gateway});
  }
  host::Client::Events events{[this](const host::Grant& grant) { granted(grant); },
                              [this](const host::Grant& grant) { extended(grant); },
                              [this] { withdraw(); },
                              [this](host::CommandId id, const host::Outcome& outcome) { answered(id, outcome); },
                              [](const std::string& text) { spdlog::warn("{}", text); },
                              [this](const host::EndReason& reason, const std::string& text) { ended(reason, text); }};
  Result<std::unique_ptr<host::Client>> client = host::Client::create(io_, settings, std::move(events));
  if (!client) return tl::unexpected(client.error());
  client_ = std::move(*client);
  return {};
}

Result<void> Instance::make_follower() {
  if (!options_.up.follow_sas) return {};
  Result<std::unique_ptr<Follower>> follower =
      Follower::create(io_, {[this]() -> const host::Bindings& { return client_->bindings(); },
                             [this](host::Order order) {
                               following_ = host::CommandId{++commands_};
                               client_->command({*following_, std::move(order)});
                             },
                             [this] { save_soon(); }});
  if (!follower) return tl::unexpected(follower.error());
  follower_ = std::move(*follower);
  return {};
}

/// What serves a lease: the tunnel, routes and SAs. The user stays, since the files of a lease are root's.
Result<void> Instance::confine() {
  if (Result<void> done = confine::keep_only(std::array{CAP_NET_ADMIN}); !done) return done;
  return options_.up.seccomp ? confine::restrict_syscalls() : Result<void>();
}

void Instance::wait_for_signals() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.async_wait([this](const std::error_code& error, int signal) {
    if (error) return;
    spdlog::info("{}: giving the lease back", signal == SIGTERM ? "SIGTERM" : "SIGINT");
    client_->stop();
  });
}

bool Instance::is_first(const host::Grant& grant) const {
  const std::optional<host::Held>& first = client_->bindings().first().held;
  return first && first->grant.bind == grant.bind && first->grant.client == grant.client;
}

bool Instance::is_followed(const host::Grant& grant) const {
  const host::Binding* binding = client_->bindings().find(grant.bind, grant.client);
  return binding != nullptr && !binding->wish.local_spis.empty();
}

void Instance::granted(const host::Grant& grant) {
  if (const Result<void> done = put_in_force(); !done) {
    if (!is_first(grant)) {
      rejected_ = {grant, done.error()};
      give_back_rejected();
      return;
    }
    failed_ = done.error();
    // Not from within the client's own event.
    asio::post(io_, [this] { client_->stop(); });
    return;
  }
  if (is_followed(grant)) return;  // the follower says more about it
  if (follower_) follower_->look_around();
  if (!is_first(grant)) {
    spdlog::info("{}: binding {}: {}", options_.device, number(grant.bind), describe(grant, grant.lease.count()));
    return;
  }
  const std::string text = describe(state_, grant.lease.count());
  spdlog::info("{}: {}", options_.device, text);
  if (report_.done()) return;
  report_.success(options_.json ? to_json(state_).dump() : options_.device + " is up: " + text);
  manager_.ready();
  if (!report_.in_background()) return;
  if (const Result<void> detached = detach(); !detached) spdlog::warn("{}", detached.error().text());
}

/// State file, kernel, snippet: in this order, so that at any moment the file tells all that may be there. Bindings
/// that come and go, and share address and tunnel with others, change the file alone.
Result<void> Instance::put_in_force() {
  const host::Bindings& bindings = client_->bindings();
  const Result<std::vector<host::Network>> wanted = host::networks_for(base_, bindings.grants());
  if (!wanted) return tl::unexpected(wanted.error());
  if (state_.lease && state_.lease->grant == bindings.first().held->grant && *wanted == state_.networks) {
    save_soon();
    return {};
  }
  note_leases();
  state_.strongswan = options_.up.strongswan;
  const std::vector<host::Network> present = state_.networks;
  for (const host::Network& network : *wanted) {
    if (std::ranges::find(present, network) == present.end()) state_.networks.push_back(network);
  }
  if (Result<void> saved = save(); !saved) return saved;
  if (Result<void> done = kernel_->apply(*wanted, present); !done) return done;
  if (!state_.strongswan.empty()) {
    host::Grant grant = state_.lease->grant;
    if (follower_) grant.spis.clear();  // charon may choose any
    const std::string snippet = host::strongswan_snippet(grant, peer_.gateway, options_.up.ike_port);
    if (Result<void> done = host::write_atomically(state_.strongswan, snippet); !done) return done;
  }
  state_.networks = *wanted;
  return save();
}

void Instance::note_leases() {
  state_.lease.reset();
  state_.further.clear();
  for (const host::Binding& binding : client_->bindings().all()) {
    if (!binding.held) continue;
    if (client_->bindings().is_first(binding)) {
      state_.lease = lease_of(*binding.held);
    } else {
      state_.further.push_back(lease_of(*binding.held));
    }
  }
  if (follower_) state_.followed = follower_->followed();
}

void Instance::save_soon() {
  if (saving_.expiry() > asio::steady_timer::clock_type::now()) return;
  saving_.expires_after(save_delay);
  saving_.async_wait([this](const std::error_code& error) {
    if (error || !client_->bindings().first().held) return;  // replaced, or all is being undone
    note_leases();
    if (const Result<void> saved = save(); !saved) spdlog::warn("{}", saved.error().text());
  });
}

void Instance::extended(const host::Grant& grant) {
  note_leases();
  spdlog::info("{}: binding {} extended by {} s", options_.device, number(grant.bind), grant.lease.count());
  if (const Result<void> saved = save(); !saved) spdlog::warn("{}", saved.error().text());
}

void Instance::withdraw() {
  if (!client_->bindings().first().held) {
    clean_up();
  } else if (const Result<void> done = put_in_force(); !done) {
    spdlog::error("{}", done.error().text());
  }
  if (follower_) follower_->bindings_changed();
}

void Instance::ended(const host::EndReason& reason, const std::string& text) {
  manager_.stopping();
  clean_up();
  signals_.cancel();
  io_.stop();  // the last answers on the control socket are short enough to have been sent at once
  if (failed_) {
    finish(exit_code_of(*failed_), failed_->text());
  } else if (std::holds_alternative<host::NoAnswer>(reason) && from_default_route()) {
    finish(exit_code_of(reason), text + " It is the next hop of the default route; for another, --gateway");
  } else if (!std::holds_alternative<host::Stopped>(reason)) {
    finish(exit_code_of(reason), text);
  } else if (!report_.done()) {
    finish(exit_refused, "stopped before the lease was up");
  }
}

void Instance::finish(ExitCode code, const std::string& text) {
  exit_code_ = code;
  if (report_.done()) {
    spdlog::error("{}", text);
  } else {
    report_.failure(code, text);
  }
}

void Instance::clean_up() {
  if (state_.device.empty()) return;  // nothing of ours has been described, so nothing was made
  if (const Result<void> done = remove_leftovers(*kernel_, options_.runtime_dir, state_); !done) {
    spdlog::error("{}", done.error().text());
    return;
  }
  state_.networks.clear();
  state_.strongswan.clear();
}

Result<void> Instance::save() {
  return write_state(options_.runtime_dir, state_);
}

}  // namespace rsip::program
