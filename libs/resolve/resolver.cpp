// SPDX-License-Identifier: GPL-2.0-or-later
// c-ares says which of its sockets to wait for and when to be called at the latest; the event loop does the waiting.
#include "resolve/resolver.hpp"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/time.h>

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace rsip::resolve {

namespace {

using Done = std::function<void(std::vector<Ipv4>)>;

/// The first of two tries; the second waits twice as long.
constexpr int first_timeout_ms = 1000;

Error ares_error(std::string what, int status) {
  return {0, std::move(what) + ": " + ares_strerror(status), {}};
}

std::vector<Ipv4> addresses_of(const ares_addrinfo* info) {
  std::vector<Ipv4> addresses;
  for (const ares_addrinfo_node* node = info == nullptr ? nullptr : info->nodes; node != nullptr;
       node = node->ai_next) {
    if (node->ai_family != AF_INET || addresses.size() == max_addresses) continue;
    sockaddr_in address{};
    std::memcpy(&address, node->ai_addr, sizeof(address));
    const Ipv4 found{ntohl(address.sin_addr.s_addr)};
    if (std::ranges::find(addresses, found) == addresses.end()) addresses.push_back(found);
  }
  return addresses;
}

}  // namespace

/// Handlers on the event loop refer to it weakly, so that they do nothing when it is gone.
class Resolver::Channel : public std::enable_shared_from_this<Channel> {
 public:
  explicit Channel(asio::io_context& loop, std::chrono::milliseconds timeout)
      : loop_(loop), timeout_(timeout), timer_(loop) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  ~Channel() {
    closing_ = true;
    if (channel_ != nullptr) ares_destroy(channel_);  // ends all queries and closes all sockets, by the callbacks below
    if (initialized_) ares_library_cleanup();
  }

  Result<void> open(const std::string& servers) {
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    initialized_ = status == ARES_SUCCESS;
    if (!initialized_) return tl::unexpected(ares_error("start the resolver", status));
    ares_options options{};
    options.flags = ARES_FLAG_NOSEARCH;  // names come from hosts and are fully qualified
    options.timeout = first_timeout_ms;
    options.tries = 2;
    options.sock_state_cb = &Channel::socket_changed;
    options.sock_state_cb_data = this;
    char dns_only[] = "b";  // what this machine's /etc/hosts says is no public name
    options.lookups = dns_only;
    status = ares_init_options(
        &channel_, &options,
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS);
    if (status != ARES_SUCCESS) return tl::unexpected(ares_error("start the resolver", status));
    if (servers.empty()) return {};
    status = ares_set_servers_ports_csv(channel_, servers.c_str());
    if (status != ARES_SUCCESS) return tl::unexpected(ares_error("use DNS servers " + servers, status));
    return {};
  }

  void resolve(const std::string& name, Done done) {
    if (queries_.size() >= max_queries) return tell(std::move(done), {});
    const auto query = std::make_shared<Query>(*this, std::move(done));
    queries_.emplace(query.get(), query);
    query->timer.expires_after(timeout_);
    query->timer.async_wait([weak = std::weak_ptr(query)](asio::error_code code) {
      const std::shared_ptr<Query> late = weak.lock();
      if (code || !late || !late->done) return;
      std::exchange(late->done, {})({});  // c-ares cannot cancel one query: it ends by itself, and nobody hears of it
    });
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_DGRAM;  // one entry for each address
    hints.ai_flags = ARES_AI_NOSORT;
    ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &Channel::answered, query.get());
    wait_for_timeout();
  }

 private:
  struct Query {
    Query(Channel& of, Done callback) : channel(of), done(std::move(callback)), timer(of.loop_) {}
    Channel& channel;
    Done done;  ///< empty: it was called
    asio::steady_timer timer;
  };

  /// A socket of c-ares, which opens and closes it.
  struct Watch {
    Watch(asio::io_context& loop, ares_socket_t socket) : descriptor(loop) {
      asio::error_code code;  // where the loop cannot wait for another socket, time will be up for the query
      (void)descriptor.assign(socket, code);
    }
    asio::posix::stream_descriptor descriptor;
    bool readable = false;  ///< c-ares wants to know when it is
    bool writable = false;
    bool reading = false;  ///< the event loop waits
    bool writing = false;
  };

  static void answered(void* argument, int /*status*/, int /*timeouts*/, ares_addrinfo* info) {
    auto* query = static_cast<Query*>(argument);
    std::vector<Ipv4> addresses = addresses_of(info);
    if (info != nullptr) ares_freeaddrinfo(info);
    Channel& channel = query->channel;
    if (channel.closing_) return;
    if (query->done) channel.tell(std::exchange(query->done, {}), std::move(addresses));
    channel.queries_.erase(query);
  }

  static void socket_changed(void* argument, ares_socket_t socket, int readable, int writable) {
    static_cast<Channel*>(argument)->watch(socket, readable != 0, writable != 0);
  }

  void watch(ares_socket_t socket, bool readable, bool writable) {
    const auto known = watches_.find(socket);
    if (!readable && !writable) {
      if (known == watches_.end()) return;
      known->second->descriptor.release();  // c-ares closes it next
      watches_.erase(known);
      return;
    }
    if (closing_) return;
    std::shared_ptr<Watch>& watch =
        known != watches_.end() ? known->second : watches_.emplace(socket, nullptr).first->second;
    if (watch == nullptr) watch = std::make_shared<Watch>(loop_, socket);
    watch->readable = readable;
    watch->writable = writable;
    wait(socket, watch);
  }

  void wait(ares_socket_t socket, const std::shared_ptr<Watch>& watch) {
    if (watch->readable && !std::exchange(watch->reading, true)) {
      wait(socket, watch, asio::posix::stream_descriptor::wait_read, &Watch::reading, socket, ARES_SOCKET_BAD);
    }
    if (watch->writable && !std::exchange(watch->writing, true)) {
      wait(socket, watch, asio::posix::stream_descriptor::wait_write, &Watch::writing, ARES_SOCKET_BAD, socket);
    }
  }

  void wait(ares_socket_t socket, const std::shared_ptr<Watch>& watch, asio::posix::stream_descriptor::wait_type type,
            bool Watch::*waiting, ares_socket_t to_read, ares_socket_t to_write) {
    watch->descriptor.async_wait(
        type, [=, weak = weak_from_this(), weak_watch = std::weak_ptr(watch)](asio::error_code code) {
          const std::shared_ptr<Channel> self = weak.lock();
          const std::shared_ptr<Watch> ready = weak_watch.lock();
          if (code || !self || !ready) return;
          (*ready).*waiting = false;
          ares_process_fd(self->channel_, to_read, to_write);
          const auto still = self->watches_.find(socket);
          if (still != self->watches_.end() && still->second == ready) self->wait(socket, ready);
          self->wait_for_timeout();
        });
  }

  void wait_for_timeout() {
    timeval buffer{};
    const timeval* next = ares_timeout(channel_, nullptr, &buffer);
    if (next == nullptr) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(std::chrono::seconds(next->tv_sec) + std::chrono::microseconds(next->tv_usec));
    timer_.async_wait([weak = weak_from_this()](asio::error_code code) {
      const std::shared_ptr<Channel> self = weak.lock();
      if (code || !self) return;
      ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      self->wait_for_timeout();
    });
  }

  void tell(Done done, std::vector<Ipv4> addresses) {
    asio::post(loop_, [weak = weak_from_this(), done = std::move(done), addresses = std::move(addresses)]() mutable {
      if (!weak.expired()) done(std::move(addresses));
    });
  }

  asio::io_context& loop_;
  std::chrono::milliseconds timeout_;
  asio::steady_timer timer_;
  ares_channel channel_ = nullptr;
  bool initialized_ = false;
  bool closing_ = false;
  std::unordered_map<ares_socket_t, std::shared_ptr<Watch>> watches_;
  std::unordered_map<const Query*, std::shared_ptr<Query>> queries_;
};

Result<std::unique_ptr<Resolver>> Resolver::create(asio::io_context& loop, const Settings& settings) {
  auto channel = std::make_shared<Channel>(loop, settings.timeout);
  if (const Result<void> opened = channel->open(settings.servers); !opened) return tl::unexpected(opened.error());
  return std::unique_ptr<Resolver>(new Resolver(std::move(channel)));
}

Resolver::Resolver(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}

Resolver::~Resolver() = default;

void Resolver::resolve(const std::string& name, std::function<void(std::vector<Ipv4>)> done) {
  channel_->resolve(name, std::move(done));
}

}  // namespace rsip::resolve
