// SPDX-License-Identifier: GPL-2.0-or-later
#include "events/event_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "events/words.hpp"

namespace rsip {

namespace {

using gateway::Event;
using lease::Kind;

constexpr std::chrono::seconds refusal_interval{1};

template <typename Id>
std::string describe(const std::vector<Run<Id>>& runs, const char* format) {
  std::string text;
  for (const Run<Id>& run : runs) {
    text += text.empty() ? "" : ",";
    text += fmt::format(fmt::runtime(format), number(run.first), number(run.last()));
  }
  return text;
}

std::string describe(const std::vector<Remote>& remotes) {
  std::string text;
  for (const Remote& remote : remotes) {
    text += (text.empty() ? "" : ",") + to_string(remote.address);
    if (remote.port) text += ":" + std::to_string(number(*remote.port));
  }
  return text;
}

/// Appends " key=value", or nothing where there is no value.
void append(std::string& line, std::string_view key, std::string_view value) {
  if (!value.empty()) line += fmt::format("{}{}={}", line.empty() ? "" : " ", key, value);
}

void append(std::string& line, const lease::Binding& binding, lease::Time now) {
  append(line, "method", word_for(binding.kind));
  append(line, "address", to_string(binding.address));
  append(line, "ports", binding.kind == Kind::rsa_ip ? "all" : describe(binding.ports, "{}-{}"));
  append(line, "spis", binding.kind == Kind::rsa_ip ? "all" : describe(binding.spis, "{:#x}-{:#x}"));
  if (binding.prefix) append(line, "prefix", to_string(*binding.prefix));
  append(line, "remotes", describe(binding.remotes));
  append(line, "tunnel", word_for(binding.tunnel));
  const auto left = std::chrono::ceil<std::chrono::seconds>(binding.expires - now);
  append(line, "lease", std::to_string(std::max(left, std::chrono::seconds{0}).count()));
}

void append(std::string& line, const lease::IkeState& ike) {
  append(line, "peer", to_string(ike.peer));
  if (ike.cookie) append(line, "cookie", fmt::format("{:#018x}", number(*ike.cookie)));
}

}  // namespace

std::string logfmt(const Event& event) {
  std::string line;
  append(line, "event", word_for(event));
  if (event.end) append(line, "end", word_for(*event.end));
  append(line, "host", to_string(event.host));
  if (event.client) append(line, "client", std::to_string(number(*event.client)));
  if (event.bind) append(line, "bind", std::to_string(number(*event.bind)));
  if (event.address) append(line, "address", to_string(*event.address));
  if (event.binding != nullptr) append(line, *event.binding, event.at);
  if (event.ike != nullptr) append(line, *event.ike);
  if (event.request) append(line, "request", wire::name(*event.request));
  if (event.error) append(line, "error", wire::name(*event.error));
  append(line, "cause", event.cause);
  return line;
}

void EventLog::happened(const Event& event) {
  switch (event.kind) {
    case Event::Kind::registered:
    case Event::Kind::registration_ended:
    case Event::Kind::assigned:
    case Event::Kind::binding_ended:
      spdlog::info("{}", logfmt(event));
      return;
    case Event::Kind::extended:
    case Event::Kind::ike_learned:
      if (spdlog::should_log(spdlog::level::debug)) spdlog::debug("{}", logfmt(event));
      return;
    case Event::Kind::answered:
      // Where the kernel has failed, it is logged with the reason.
      if (!event.error || *event.error == wire::ErrorCode::internal_server_error) return;
      break;
    case Event::Kind::denied:
    case Event::Kind::cookie_in_use:
      break;
  }
  if (!take_turn(event.at)) return;
  std::string line = logfmt(event);
  if (suppressed_ > 0) append(line, "suppressed", std::to_string(std::exchange(suppressed_, 0)));
  spdlog::info("{}", line);
}

/// A token bucket in its form of a single time.
bool EventLog::take_turn(lease::Time now) {
  const lease::Time full_at = std::max(full_at_, now) + refusal_interval;
  if (full_at - now > refusals_at_once * refusal_interval) {
    ++suppressed_;
    return false;
  }
  full_at_ = full_at;
  return true;
}

}  // namespace rsip
