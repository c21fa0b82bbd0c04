// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <functional>
#include <future>
#include <thread>

#include "gateway/gateway.hpp"
#include "memory_kernel.hpp"
#include "server/server.hpp"

namespace rsip::test {

/// The address of host n; the gateway is host 1. They are this process's own part of 127.0.0.0/8, so that several may
/// run at a time.
Ipv4 address(std::uint8_t n);

/// A server with a gateway behind it, in a thread of its own.
class Realm {
 public:
  /// What to do with a request, in the server's thread, instead of asking the gateway.
  using Handle = server::Dispatcher::Handle;

  explicit Realm(const server::Limits& limits = {}, gateway::Policy policy = {}, Handle handle = {});
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;
  ~Realm();

  /// Runs `work` in the server's thread and returns what it returned.
  template <typename Result>
  Result inside(std::function<Result(server::Server&)> work) {
    std::packaged_task<Result()> task([&] { return work(server_); });
    std::future<Result> result = task.get_future();
    asio::post(loop_, std::move(task));
    return result.get();
  }

  std::size_t connections() {
    return inside<std::size_t>([](server::Server& server) { return server.connections(); });
  }

 private:
  MemoryKernel kernel_;
  gateway::Policy policy_;
  gateway::Gateway gateway_;
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> busy_{loop_.get_executor()};
  server::Server server_;
  std::thread thread_;
};

/// Whether `condition` becomes true within five seconds.
bool eventually(const std::function<bool()>& condition);

}  // namespace rsip::test
