// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>

#include "rsipctl/answer.hpp"
#include "rsipctl/control.hpp"
#include "rsipctl/text.hpp"
#include "rsipctl/traffic.hpp"

namespace rsip::ctl {

using nlohmann::json;

/// Every line at once: the reader may be a program.
int watch(const Options& options) {
  const Result<void> done = ask(options.control, {{"command", "watch"}},
                                [](const std::string& line, const json&) { std::cout << line << std::endl; });
  return done ? exit_ok : fail(done.error());
}

namespace {

constexpr std::chrono::seconds pause{2};
constexpr std::size_t most_hosts = 20;  ///< those with the most traffic
constexpr const char* clear_screen = "\033[H\033[2J";

struct Row {
  std::vector<std::string> held;  ///< host, and what it holds
  double packets = 0;             ///< a second, both ways
  double from_host = 0;           ///< bytes a second
  double to_host = 0;
};

double rate(std::uint64_t now, std::uint64_t before, double seconds) {
  return now >= before && seconds > 0 ? static_cast<double>(now - before) / seconds : 0;  // a new device begins anew
}

/// The hosts at one moment, and what each has sent and received since the moment before.
class Top {
 public:
  Result<std::string> next(const std::string& control) {
    std::ostringstream screen;
    Result<void> done = ask(control, {{"command", "status"}}, [&screen](const std::string&, const json& status) {
      screen << text_of(status, "hosts") << " hosts, " << text_of(status, "bindings") << " bindings, up "
             << text_of(status, "uptime") << " s" << (status.at("draining").get<bool>() ? ", draining" : "") << "\n\n";
    });
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_at_).count();
    std::map<std::string, Traffic> traffic;
    std::vector<Row> rows;
    if (done) {
      done = ask(control, {{"command", "hosts"}}, [&](const std::string&, const json& item) {
        rows.push_back(row_of(item, traffic[text_of(item, "host")] = traffic_of(item), seconds));
      });
    }
    if (!done) return tl::unexpected(done.error());
    last_ = std::move(traffic);
    last_at_ = now;
    print(screen, std::move(rows));
    return screen.str();
  }

 private:
  Row row_of(const json& item, const Traffic& now, double seconds) const {
    Row row;
    for (const char* member : {"host", "bindings", "ports", "spis", "ike"}) row.held.push_back(text_of(item, member));
    const auto before = last_.find(text_of(item, "host"));
    if (before == last_.end()) return row;
    const Traffic& last = before->second;
    row.packets = rate(now.from_host.packets, last.from_host.packets, seconds) +
                  rate(now.to_host.packets, last.to_host.packets, seconds);
    row.from_host = rate(now.from_host.bytes, last.from_host.bytes, seconds);
    row.to_host = rate(now.to_host.bytes, last.to_host.bytes, seconds);
    return row;
  }

  static void print(std::ostream& screen, std::vector<Row> rows) {
    std::ranges::stable_sort(rows, std::ranges::greater{}, &Row::packets);
    rows.resize(std::min(rows.size(), most_hosts));
    Table table(screen, {{"HOST", 15},
                         {"BINDINGS", 8, true},
                         {"PORTS", 6, true},
                         {"SPIS", 6, true},
                         {"IKE", 4, true},
                         {"PACKETS/S", 9, true},
                         {"BYTES/S FROM", 12, true},
                         {"BYTES/S TO", 10, true}});
    for (const Row& row : rows) {
      std::vector<std::string> cells = row.held;
      for (const double each : {row.packets, row.from_host, row.to_host}) cells.push_back(amount_of(each));
      table.row(cells);
    }
  }

  std::map<std::string, Traffic> last_;
  std::chrono::steady_clock::time_point last_at_;
};

}  // namespace

int top(const Options& options) {
  Top hosts;
  while (true) {
    const Result<std::string> screen = hosts.next(options.control);
    if (!screen) return fail(screen.error());
    std::cout << (::isatty(STDOUT_FILENO) != 0 ? clear_screen : "") << *screen << std::endl;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace rsip::ctl
