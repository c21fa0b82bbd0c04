// SPDX-License-Identifier: GPL-2.0-or-later
// Stops a gateway, as kill -9 does, at a step between receiving, journal, kernel and answer, and starts it again; hosts
// go on asking meanwhile. Each time, when the hosts have their answers, the kernel must have exactly what they were
// promised, nothing may have two owners or be given out while it rests, and a repeated request must have its old
// answer. At the end nothing of the pool may be lost.
//
//   crash [STOPS [SEED]]     default: 500, at random
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>

#include "gateway.hpp"
#include "hosts.hpp"
#include "namespace.hpp"

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

struct Directory {
  std::array<char, 32> path{"/tmp/rsip-crash-XXXXXX"};
  Directory() {
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("make a directory");
  }
  ~Directory() {
    for (const char* file : {"/journal.db", "/journal.db-wal"}) ::unlink((std::string(path.data()) + file).c_str());
    ::rmdir(path.data());
  }
};

class Trial {
 public:
  Trial(std::uint64_t stops, std::uint64_t seed)
      : stops_(stops), random_(seed), devices_(make_machine(outside_)), hosts_(seed, devices_) {}

  void run() {
    while (stopped_ < stops_) run_once();
    start(0, 0);
    settle();
    hosts_.lease_all();
    ::kill(running_.process, SIGKILL);
    wait_for_end();
    std::printf("%llu stops, %llu of them at a start; %zu requests granted, %zu answers repeated, %llu comparisons\n",
                static_cast<unsigned long long>(stopped_), static_cast<unsigned long long>(early_), hosts_.granted(),
                hosts_.repeated(), static_cast<unsigned long long>(compared_));
    if (compared_ * 2 < stops_ || hosts_.repeated() * 10 < stops_) throw Broken("hardly anything was compared");
  }

 private:
  void run_once() {
    const bool early = any(4) == 0;
    // In time rather than at a step, now and then.
    const bool timed = !early && any(4) == 0;
    start(early ? 1 + any(12) : 0, timed ? 0 : 1 + any(200));
    if (!serves_) {
      ++early_;
      return end();
    }
    if (!settle()) return end();
    hosts_.compare_with_kernel();
    ++compared_;
    hosts_.repeat();
    ::kill(running_.process, SIGUSR1);
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(any(40000));
    while (is_alive()) {
      hosts_.ask();
      hosts_.listen(1ms);
      if (timed && std::chrono::steady_clock::now() > until) ::kill(running_.process, SIGKILL);
    }
    end();
  }

  void start(std::uint32_t early, std::uint32_t late) {
    running_ = run_gateway(std::string(directory_.path.data()) + "/journal.db", devices_, early, late);
    alive_ = true;
    char byte = 0;
    serves_ = ::read(running_.ready, &byte, 1) == 1;
    ::close(running_.ready);
  }

  /// All hosts have their answers. False where it was stopped before.
  bool settle() {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (hosts_.waiting() && is_alive()) {
      hosts_.listen(1ms);
      if (std::chrono::steady_clock::now() > until) throw Broken("a request has no answer");
    }
    return is_alive();
  }

  bool is_alive() {
    if (alive_) alive_ = ::waitpid(running_.process, &status_, WNOHANG) == 0;
    return alive_;
  }

  void wait_for_end() {
    if (alive_) ::waitpid(running_.process, &status_, 0);
    alive_ = false;
  }

  void end() {
    wait_for_end();
    if (!WIFSIGNALED(status_) || WTERMSIG(status_) != SIGKILL) throw Broken("the gateway ended by itself");
    ++stopped_;
  }

  std::uint32_t any(std::uint32_t bound) { return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random_); }

  std::uint64_t stops_;
  std::mt19937_64 random_;
  Directory directory_;
  Namespace inside_;
  Inside here_{inside_};
  Namespace outside_;
  std::vector<steer::Device> devices_;
  Hosts hosts_;
  Running running_;
  bool alive_ = false;
  bool serves_ = false;
  int status_ = 0;
  std::uint64_t stopped_ = 0;
  std::uint64_t early_ = 0;
  std::uint64_t compared_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (::geteuid() != 0) {
    std::puts("SKIP crash: needs root to make network namespaces");
    return 77;
  }
  const std::uint64_t stops = argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 500;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 0) : std::random_device{}();
  try {
    Trial(stops, seed).run();
  } catch (const std::exception& error) {
    std::cout << "FAIL crash: seed " << seed << ": " << error.what() << '\n';
    return 1;
  }
  std::puts("PASS crash");
  return 0;
}
