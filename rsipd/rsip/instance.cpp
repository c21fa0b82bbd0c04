// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/instance.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <asio/post.hpp>
#include <csignal>
#include <random>

#include "host/atomic_file.hpp"
#include "rsip/leftovers.hpp"

namespace rsip::program {
namespace {

/// This host's place in the spread of retries (host::Session).
double random_spread() {
  std::random_device device;
  return std::uniform_real_distribution<double>(0, 1)(device);
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
  wait_for_signals();
  Result<void> ready = prepare();
  if (ready) ready = make_client();
  if (!ready) {
    clean_up();
    finish(exit_code_of(ready.error()), ready.error().text());
    return exit_code_;
  }
  client_->start();
  io_.run();
  return exit_code_;
}

/// Everything that can fail on this host, before the gateway hears of it.
Result<void> Instance::prepare() {
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
    if (Result<void> done = remove_leftovers(*kernel_, options_.runtime_dir, **stale); !done) return done;
  }
  if (Result<void> alone = refuse_second_registration(); !alone) return alone;

  const UpOptions& up = options_.up;
  const Result<Ipv4> local = host::address_towards(up.peer.gateway);
  if (!local) return tl::unexpected(local.error());
  const host::Network network{options_.device, up.peer.gateway, *local,           up.peer.gateway,
                              Ipv4{},          up.table,        up.rule_priority, up.default_route};
  state_ = {::getpid(), options_.device, up.peer, {}, {network}, std::nullopt};
  if (Result<void> saved = save(); !saved) return saved;
  Result<void> made = kernel_->make_device(network);
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
    if (runs && (*other)->peer.gateway == options_.up.peer.gateway) {
      return failure(EBUSY,
                     "device " + device + " is registered with " + to_string(options_.up.peer.gateway) + " already",
                     "a host registers once with a gateway: 'rsip down --device " + device + "'");
    }
  }
  return {};
}

Result<void> Instance::make_client() {
  const host::Client::Settings settings{options_.up.peer, state_.networks.back().local, options_.up.wish,
                                        random_spread()};
  host::Client::Events events{[this](const host::Grant& grant) { granted(grant); }, [this] { extended(); },
                              [this] { clean_up(); }, [](const std::string& text) { spdlog::warn("{}", text); },
                              [this](const host::EndReason& reason, const std::string& text) { ended(reason, text); }};
  Result<std::unique_ptr<host::Client>> client = host::Client::create(io_, settings, std::move(events));
  if (!client) return tl::unexpected(client.error());
  client_ = std::move(*client);
  return {};
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

void Instance::granted(const host::Grant& grant) {
  if (Result<void> done = put_in_force(grant); !done) {
    failed_ = done.error();
    // Not from within the client's own event.
    asio::post(io_, [this] { client_->stop(); });
    return;
  }
  const std::string text = describe(state_, grant.lease.count());
  spdlog::info("{}: {}", options_.device, text);
  if (report_.done()) return;
  report_.success(options_.json ? to_json(state_).dump() : options_.device + " is up: " + text);
  if (!report_.in_background()) return;
  if (const Result<void> detached = detach(); !detached) spdlog::warn("{}", detached.error().text());
}

/// State file, kernel, snippet: in this order, so that at any moment the file tells all that may be there.
Result<void> Instance::put_in_force(const host::Grant& grant) {
  host::Network wanted = in_force_.value_or(state_.networks.back());
  wanted.remote = grant.tunnel_endpoint.value_or(options_.up.peer.gateway);
  wanted.address = grant.address;
  const std::int64_t left =
      std::chrono::duration_cast<std::chrono::seconds>(client_->held()->expires - host::BootClock::now()).count();
  state_.lease = Lease{grant, unix_time() + left};
  state_.strongswan = options_.up.strongswan;
  if (wanted != state_.networks.back()) state_.networks.push_back(wanted);
  if (Result<void> saved = save(); !saved) return saved;
  if (Result<void> done = kernel_->apply(wanted, in_force_ ? &*in_force_ : nullptr); !done) return done;
  in_force_ = wanted;
  if (!state_.strongswan.empty()) {
    const std::string snippet = host::strongswan_snippet(grant, options_.up.peer.gateway, options_.up.ike_port);
    if (Result<void> done = host::write_atomically(state_.strongswan, snippet); !done) return done;
  }
  state_.networks = {wanted};
  return save();
}

void Instance::extended() {
  const host::Held& held = *client_->held();
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(held.expires - host::BootClock::now()).count();
  state_.lease = Lease{held.grant, unix_time() + left};
  spdlog::info("{}: lease extended by {} s", options_.device, held.grant.lease.count());
  if (const Result<void> saved = save(); !saved) spdlog::warn("{}", saved.error().text());
}

void Instance::ended(const host::EndReason& reason, const std::string& text) {
  clean_up();
  signals_.cancel();
  io_.stop();
  if (failed_) {
    finish(exit_code_of(*failed_), failed_->text());
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
