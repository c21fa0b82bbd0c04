// SPDX-License-Identifier: GPL-2.0-or-later
// An operator of the gateway in memory.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/commands.hpp"
#include "gateway_realm.hpp"

namespace rsip::test {

/// Takes an answer as a reader does who is always there. Pieces are taken one at a time.
class MemoryAnswer : public control::Answer {
 public:
  bool send(std::string_view line) override {
    if (!is_open()) return false;
    lines.push_back(nlohmann::json::parse(line));
    return true;
  }
  void send_pieces(Pieces next) override { next_ = std::move(next); }
  void end() override { ended = true; }
  bool is_open() const override { return !ended && !gone; }

  /// The number of lines in the next piece; 0 at the end, or where there are none yet.
  std::size_t read_piece() {
    const std::optional<std::string> piece = next_ ? next_() : std::nullopt;
    if (!piece) {
      next_ = nullptr;
      ended = true;
      return 0;
    }
    std::size_t count = 0;
    for (std::size_t from = 0; from < piece->size(); ++count) {
      const std::size_t to = piece->find('\n', from);
      REQUIRE(to != std::string::npos);
      lines.push_back(nlohmann::json::parse(piece->substr(from, to - from)));
      from = to + 1;
    }
    return count;
  }
  void read_all() {
    while (next_) read_piece();
  }

  std::vector<nlohmann::json> lines;
  bool ended = false;
  bool gone = false;

 private:
  Pieces next_;
};

class MemoryView : public KernelView {
 public:
  Result<steer::Traffic> traffic(const steer::Device& tunnel) override {
    const auto found = traffics.find(tunnel.index);
    if (found == traffics.end()) return failure(ENODEV, tunnel.name);
    return found->second;
  }
  Result<std::vector<steer::NamedCounter>> counters() override { return named; }
  std::optional<steer::QueueState> queue() override { return queued; }
  Result<bool> has(const steer::Element& element) override {
    const auto found = kernel->elements.find(MemoryKernel::key(element));
    return found != kernel->elements.end() && found->second.device == element.device;
  }
  Result<Walk> walk() override {
    return [this, next = std::optional<MemoryKernel::Key>()]() mutable -> Result<std::optional<steer::Elements>> {
      const auto found = next ? kernel->elements.upper_bound(*next) : kernel->elements.begin();
      if (found == kernel->elements.end()) return std::nullopt;
      next = found->first;
      return steer::Elements{found->second};
    };
  }

  std::map<std::uint32_t, steer::Traffic> traffics;  ///< by interface index
  std::vector<steer::NamedCounter> named;
  std::optional<steer::QueueState> queued;
  MemoryKernel* kernel = nullptr;
};

struct Operated : Realm {
  explicit Operated(gateway::Policy policy = {}, const lease::Config& config = {})
      : Realm(std::move(policy), config),
        context{*gateway,
                view,
                watchers,
                [this] { return now; },
                [] {
                  return nlohmann::json{{"version", "1"}};
                },
                [this] { return families; }} {
    gateway->add_observer(watchers);
    view.kernel = &kernel;
  }

  std::shared_ptr<MemoryAnswer> begin(const std::string& line) {
    auto answer = std::make_shared<MemoryAnswer>();
    commands::obey(context, line, answer);
    return answer;
  }

  /// The items of an answer that ends well.
  std::vector<nlohmann::json> items(const std::string& line) {
    const auto answer = begin(line);
    answer->read_all();
    CHECK(answer->ended);
    REQUIRE_FALSE(answer->lines.empty());
    CHECK(answer->lines.back() == nlohmann::json{{"done", true}});
    answer->lines.pop_back();
    return answer->lines;
  }

  /// Whether the answer is one line that says what is wrong.
  bool refuses(const std::string& line) {
    const auto answer = begin(line);
    answer->read_all();
    return answer->ended && answer->lines.size() == 1 && answer->lines[0].size() == 1 &&
           answer->lines[0].contains("error");
  }

  MemoryView view;
  commands::Watchers watchers;
  std::vector<prometheus::MetricFamily> families;
  commands::Context context;
};

}  // namespace rsip::test
