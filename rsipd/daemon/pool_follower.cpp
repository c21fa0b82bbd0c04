// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/pool_follower.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "steer/interface.hpp"

namespace rsip {

namespace {

/// Where the leases of a former address could not be ended, or the kernel would not tell.
constexpr std::chrono::seconds follow_retry{1};

}  // namespace

Result<std::unique_ptr<PoolFollower>> PoolFollower::open(asio::io_context& loop, std::map<std::string, Ipv4> addresses,
                                                         Ways ways) {
  Result<netlink::Listener> listener = netlink::Listener::open(NETLINK_ROUTE, {RTNLGRP_IPV4_IFADDR, RTNLGRP_LINK});
  if (!listener) return tl::unexpected(listener.error());
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return tl::unexpected(socket.error());
  std::unique_ptr<PoolFollower> follower(
      new PoolFollower(loop, std::move(*listener), std::move(*socket), std::move(addresses), std::move(ways)));
  asio::error_code code;
  (void)follower->ready_.assign(follower->listener_.descriptor(), code);
  if (code) return failure(code.value(), "watch the addresses of interfaces");
  follower->wait();
  follower->retry_.expires_after({});
  follower->retry_.async_wait([raw = follower.get()](asio::error_code cancelled) {
    if (!cancelled) raw->look();
  });
  return follower;
}

PoolFollower::PoolFollower(asio::io_context& loop, netlink::Listener listener, netlink::Socket socket,
                           std::map<std::string, Ipv4> addresses, Ways ways)
    : listener_(std::move(listener)),
      socket_(std::move(socket)),
      addresses_(std::move(addresses)),
      ways_(std::move(ways)),
      ready_(loop),
      retry_(loop) {}

PoolFollower::~PoolFollower() {
  if (ready_.is_open()) ready_.release();  // the descriptor is the listener's
}

void PoolFollower::wait() {
  ready_.async_wait(asio::posix::stream_descriptor::wait_read, [this](asio::error_code code) {
    if (code) return;
    // Whatever it was, and where some of it was lost (ENOBUFS): what counts is what there is now.
    (void)listener_.receive([](const netlink::Reply&) {});
    look();
    wait();
  });
}

void PoolFollower::look() {
  bool again = false;
  for (auto& [interface, address] : addresses_) {
    if (const Result<void> done = follow(interface, address); !done) {
      spdlog::error("event=pool-not-followed device={} cause=\"{}\"", interface, done.error().text());
      again = true;
    }
  }
  if (!again) return;
  retry_.expires_after(follow_retry);
  retry_.async_wait([this](asio::error_code code) {
    if (!code) look();
  });
}

Result<void> PoolFollower::follow(const std::string& interface, Ipv4& address) {
  const Result<std::optional<Ipv4>> now = address_of(interface);
  if (!now) return tl::unexpected(now.error());
  if (!*now) {
    if (!away_.insert(interface).second) return {};
    spdlog::warn("event=pool-away device={} address={} cause=\"the interface has no address: nothing of it is leased\"",
                 interface, to_string(address));
    ways_.set_away(address, true);
    return {};
  }
  if (**now != address) {
    if (Result<void> done = ways_.replace(address, **now); !done) return done;
    spdlog::warn("event=pool-changed device={} former={} address={}", interface, to_string(address), to_string(**now));
    address = **now;
    away_.erase(interface);
  } else if (away_.erase(interface) > 0) {
    spdlog::info("event=pool-back device={} address={}", interface, to_string(address));
    ways_.set_away(address, false);
  }
  return {};
}

Result<std::optional<Ipv4>> PoolFollower::address_of(const std::string& interface) {
  const Result<std::optional<steer::Interface>> found = steer::find_interface(socket_, interface);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return std::optional<Ipv4>();
  return steer::primary_address(socket_, (*found)->device);
}

}  // namespace rsip
