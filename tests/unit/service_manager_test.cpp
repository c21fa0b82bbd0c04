// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/service_manager.hpp"

#include <doctest/doctest.h>

#include <asio/buffer.hpp>
#include <asio/local/datagram_protocol.hpp>
#include <cstdlib>

#include "directory.hpp"

namespace service_manager_test {

using namespace rsip;
using namespace std::chrono_literals;

namespace {

/// A variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

/// What a service manager hears within a moment, one word for each datagram.
class Manager {
 public:
  explicit Manager(asio::io_context& io, const std::string& path)
      : socket_(io, asio::local::datagram_protocol::endpoint(path)) {
    socket_.non_blocking(true);
  }
  std::vector<std::string> heard() {
    std::vector<std::string> all;
    std::array<char, 64> word{};
    std::error_code error;
    while (true) {
      const std::size_t size = socket_.receive(asio::buffer(word), 0, error);
      if (error) return all;
      all.emplace_back(word.data(), size);
    }
  }

 private:
  asio::local::datagram_protocol::socket socket_;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("service manager: told of the start and the end") {
  asio::io_context io;
  const test::Directory directory;
  Manager manager(io, directory.path + "/notify");
  const Variable socket("NOTIFY_SOCKET", directory.path + "/notify");
  control::ServiceManager us(io);
  CHECK(manager.heard().empty());
  us.ready();
  CHECK(manager.heard() == Words{"READY=1"});
  us.stopping();
  CHECK(manager.heard() == Words{"STOPPING=1"});
}

TEST_CASE("service manager: a name that begins with @ is an abstract one") {
  asio::io_context io;
  const std::string name = "rsip-test-" + std::to_string(::getpid());
  Manager manager(io, '\0' + name);
  const Variable socket("NOTIFY_SOCKET", "@" + name);
  control::ServiceManager(io).ready();
  CHECK(manager.heard() == Words{"READY=1"});
}

TEST_CASE("service manager: the watchdog hears of a loop that turns") {
  asio::io_context io;
  const test::Directory directory;
  Manager manager(io, directory.path + "/notify");
  const Variable socket("NOTIFY_SOCKET", directory.path + "/notify");
  const Variable time("WATCHDOG_USEC", "2000");
  SUBCASE("ours") {
    const Variable pid("WATCHDOG_PID", std::to_string(::getpid()));
    control::ServiceManager us(io);
    us.ready();
    CHECK(manager.heard() == Words{"READY=1", "WATCHDOG=1"});
    Words later;
    for (int i = 0; i < 10 && later.empty(); ++i) {  // not each turn of Asio's runs a handler
      (void)io.run_one_for(1s);
      later = manager.heard();
    }
    CHECK(later == Words{"WATCHDOG=1"});
  }
  SUBCASE("another process's") {
    const Variable pid("WATCHDOG_PID", "1");
    control::ServiceManager us(io);
    us.ready();
    (void)io.run_one_for(1s);
    CHECK(manager.heard() == Words{"READY=1"});
  }
}

TEST_CASE("service manager: none") {
  asio::io_context io;
  control::ServiceManager us(io);
  us.ready();
  CHECK(io.run() == 0);
}

}  // namespace service_manager_test
