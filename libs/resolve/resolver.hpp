// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::resolve {

inline constexpr std::size_t max_addresses = 16;  ///< of one name
inline constexpr std::size_t max_queries = 64;    ///< under way at a time

/// IPv4 addresses of names, asked of DNS servers on an event loop that it never blocks.
class Resolver {
 public:
  struct Settings {
    std::string servers;                      ///< "192.0.2.1:53,192.0.2.2"; empty: those of resolv.conf as it is now
    std::chrono::milliseconds timeout{3000};  ///< for one name, with all servers and retries
  };
  static Result<std::unique_ptr<Resolver>> create(asio::io_context& loop, const Settings& settings);

  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  /// What is under way ends unheard: `done` is not called any more.
  ~Resolver();

  /// The first max_addresses of a fully qualified name, in the server's order, each once. None where there are none, on
  /// failure, when time is up, and when max_queries are under way already. (One whose time is up counts until c-ares
  /// has tried all servers.) `done` is called once, from the event loop, never from within this call; it may destroy
  /// the resolver.
  void resolve(const std::string& name, std::function<void(std::vector<Ipv4>)> done);

 private:
  class Channel;
  explicit Resolver(std::shared_ptr<Channel> channel);

  std::shared_ptr<Channel> channel_;
};

}  // namespace rsip::resolve
