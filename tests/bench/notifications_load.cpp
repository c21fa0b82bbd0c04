// SPDX-License-Identifier: GPL-2.0-or-later
// Leases put into the kernel and taken out, as fast as it goes, with and without a Watch. Run by
// tests/bench/notifications.
#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

#include "steer/nft.hpp"
#include "steer/ruleset.hpp"
#include "steer/watch.hpp"

namespace {

using namespace rsip;

/// The sets of a port, without the rules.
constexpr const char* tables = R"(
table netdev rsip {
  map port_in { typeof ip daddr . th dport : meta iif; flags timeout; }
}
table ip rsip {
  map port_in { typeof ip daddr . @nh,176,16 : meta iif; flags timeout; }
  set port_out { typeof meta iifname . ip saddr . @nh,160,16; flags timeout; gc-interval 1m; }
}
)";

constexpr std::uint32_t ports = 4;  ///< of one lease: 12 elements
constexpr std::uint32_t leases = 2000;

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Commits a second, each a lease that comes or goes.
double rate(bool listen) {
  steer::Nft nft = must(steer::Nft::open());
  std::optional<steer::Watch> watch;
  if (listen) watch = must(steer::Watch::open(nft.port()));
  const auto start = std::chrono::steady_clock::now();
  for (const bool add : {true, false}) {
    for (std::uint32_t lease = 0; lease < leases; ++lease) {
      steer::Transaction changes;
      for (std::uint32_t port = 0; port < ports; ++port) {
        steer::Elements elements = steer::port_elements({"rsip1", 7}, Ipv4{0xc6336401},
                                                        Port(20000 + lease * ports + port), {}, std::chrono::hours(1));
        add ? changes.add(std::move(elements)) : changes.remove(std::move(elements));
      }
      must(nft.commit(changes));
      if (watch && !watch->read().empty()) throw std::runtime_error("somebody disturbs");
    }
  }
  return 2.0 * leases / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main() {
  try {
    must(steer::load(tables));
    (void)rate(false);  // warm up
    double alone = 0;
    double watched = 0;
    for (int round = 0; round < 7; ++round) {
      alone = std::max(alone, rate(false));
      watched = std::max(watched, rate(true));
    }
    std::cout << std::fixed << std::setprecision(0) << alone << " commits/s of " << 3 * ports
              << " elements while nobody listens\n"
              << watched << " commits/s while rsipd does\n"
              << std::setprecision(2) << "ratio " << watched / alone << '\n';
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "notifications_load: " << problem.what() << '\n';
    return 1;
  }
}
