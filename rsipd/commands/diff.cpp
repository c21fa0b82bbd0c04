// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "diff"}: where the kernel's tables are not what the leases say, an item for each element.
//
// First each lease's elements are looked up by their keys, a host at a time. Then the kernel's elements are walked: one
// that no lease has had is suspected, and foreign unless its host's leases have it by then. So leases may come and go
// meanwhile, and nothing is held up.
#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "commands/json.hpp"
#include "commands/reply.hpp"
#include "commands/verbs.hpp"

namespace rsip::commands {

using nlohmann::json;

namespace {

/// Where an element is and where it leads. A hash stands for it, as there may be millions.
std::size_t mark_of(const steer::Element& element) {
  return std::hash<std::string>{}(place_of(element) + std::to_string(element.device.value_or(0)));
}

class Comparison {
 public:
  explicit Comparison(const Context& context) : context_(context) {}

  /// A step: what it has found, or nothing at the end.
  std::optional<std::string> operator()() {
    if (over_) return std::nullopt;
    found_.clear();
    if (walk_) {
      walk_some();
    } else {
      look_up_next_host();
    }
    return std::move(found_);
  }

 private:
  void look_up_next_host() {
    const auto& registrations = context_.gateway.leases().registrations();
    const auto next = last_ ? registrations.upper_bound(*last_) : registrations.begin();
    if (next == registrations.end()) {
      begin_walk();
      return;
    }
    last_ = next->first;
    for (const steer::Element& element : expected(next->second)) {
      marks_.insert(mark_of(element));
      const Result<bool> there = context_.kernel.has(element);
      if (!there) return fail(there.error());
      if (!*there) report("missing", element);
    }
    look_for_devices(next->second);
  }

  void look_for_devices(const lease::Registration& registration) {
    for (const TunnelType type : {TunnelType::ip_ip, TunnelType::gre}) {
      const gateway::TunnelDevice* tunnel = context_.gateway.tunnels().find(registration.host, type);
      if (tunnel == nullptr) continue;
      const Result<steer::Traffic> traffic = context_.kernel.traffic(tunnel->device);
      if (traffic || traffic.error().code != ENODEV) continue;
      report("missing", "device " + tunnel->device.name,
             "client " + std::to_string(number(registration.client)) + " " + to_string(registration.host));
    }
  }

  /// All that a host should have in the kernel now.
  steer::Elements expected(const lease::Registration& registration) const {
    return context_.gateway.elements_of(registration, context_.now());
  }

  void begin_walk() {
    Result<KernelView::Walk> walk = context_.kernel.walk();
    if (!walk) return fail(walk.error());
    walk_ = std::move(*walk);
  }

  void walk_some() {
    const Result<std::optional<steer::Elements>> elements = walk_();
    if (!elements) return fail(elements.error());
    if (!*elements) return end({{"done", true}});
    for (const steer::Element& element : **elements) {
      if (marks_.insert(mark_of(element)).second && !is_leased_now(element)) report("foreign", element);
    }
  }

  bool is_leased_now(const steer::Element& element) const {
    const std::optional<Ipv4> host = host_of(element);
    const lease::Registration* registration = host ? context_.gateway.leases().find(*host) : nullptr;
    if (registration == nullptr) return false;
    const std::size_t mark = mark_of(element);
    const steer::Elements all = expected(*registration);
    return std::ranges::any_of(all, [mark](const steer::Element& one) { return mark_of(one) == mark; });
  }

  void report(const char* what, const std::string& element, const std::string& owner) {
    found_ += line_of({{"what", what}, {"element", element}, {"owner", owner}}) + '\n';
  }
  void report(const char* what, const steer::Element& element) {
    report(what, steer::to_string(element), element.comment);
  }

  void fail(const Error& error) { end({{"error", error.text()}}); }

  void end(const json& line) {
    found_ += line_of(line) + '\n';
    over_ = true;
  }

  const Context& context_;
  std::string found_;                      ///< in this step, a line each
  std::optional<Ipv4> last_;               ///< host that was looked up
  std::unordered_set<std::size_t> marks_;  ///< that leases have had, or that were told already
  KernelView::Walk walk_;                  ///< once all hosts were looked up
  bool over_ = false;
};

}  // namespace

void diff(const Context& context, const json& /*request*/, const control::AnswerPtr& answer) {
  answer->send_pieces([comparison = std::make_shared<Comparison>(context)] { return (*comparison)(); });
}

}  // namespace rsip::commands
