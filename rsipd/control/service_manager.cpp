// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace rsip::control {
namespace {

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

template <typename Number>
Number number_in(std::string_view text) {
  Number number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);  // 0 where there is none
  return number;
}

/// "@name" is a name in the abstract name space.
std::string socket_name() {
  std::string name(environment("NOTIFY_SOCKET"));
  if (name.size() >= sizeof(sockaddr_un::sun_path)) return {};
  if (name.starts_with('@')) name[0] = '\0';
  return name;
}

/// WATCHDOG_PID keeps a program that inherited the environment from answering for another.
std::chrono::microseconds watchdog_time() {
  const std::string_view pid = environment("WATCHDOG_PID");
  if (!pid.empty() && number_in<pid_t>(pid) != ::getpid()) return {};
  return std::chrono::microseconds(number_in<std::uint32_t>(environment("WATCHDOG_USEC")));
}

}  // namespace

ServiceManager::ServiceManager(asio::io_context& io)
    : socket_(socket_name()), period_(watchdog_time() / 2), timer_(io) {}

void ServiceManager::ready() {
  tell("READY=1");
  if (!socket_.empty() && period_.count() > 0) show_life();
}

void ServiceManager::stopping() {
  tell("STOPPING=1");
}

void ServiceManager::show_life() {
  tell("WATCHDOG=1");
  timer_.expires_after(period_);
  timer_.async_wait([this](const std::error_code& error) {
    if (!error) show_life();
  });
}

/// A service manager that does not listen is its own affair.
void ServiceManager::tell(const std::string& state) const {
  if (socket_.empty()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  (void)::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size()));
  (void)::close(fd);
}

}  // namespace rsip::control
