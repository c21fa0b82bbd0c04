// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/json.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "events/words.hpp"
#include "gateway/gateway.hpp"

namespace rsip::commands {

using nlohmann::json;

namespace {

template <typename Id>
json list_of(const std::vector<Run<Id>>& runs) {
  json list = json::array();
  for (const Run<Id>& run : runs) list.push_back({{"first", number(run.first)}, {"last", number(run.last())}});
  return list;
}

json list_of(const std::vector<Remote>& remotes) {
  json list = json::array();
  for (const Remote& remote : remotes) {
    list.push_back(
        {{"address", to_string(remote.address)}, {"port", remote.port ? json(number(*remote.port)) : json()}});
  }
  return list;
}

}  // namespace

json json_of(const lease::Binding& binding) {
  return {{"method", word_for(binding.kind)},    {"address", to_string(binding.address)},
          {"whole", !binding.shares_address()},  {"ports", list_of(binding.ports)},
          {"spis", list_of(binding.spis)},       {"prefix", binding.prefix ? json(to_string(*binding.prefix)) : json()},
          {"remotes", list_of(binding.remotes)}, {"tunnel", word_for(binding.tunnel)}};
}

json json_of(const gateway::Event& event) {
  json item{{"event", word_for(event)}, {"host", to_string(event.host)}};
  if (event.binding != nullptr) {
    item.update(json_of(*event.binding));
    item["expires"] = seconds_until(event.binding->expires, event.at);
  }
  if (event.client) item["client"] = number(*event.client);
  if (event.bind) item["bind"] = number(*event.bind);
  if (event.end) item["end"] = word_for(*event.end);
  if (event.address) item["address"] = to_string(*event.address);
  if (event.ike != nullptr) {
    item["peer"] = to_string(event.ike->peer);
    item["cookie"] = event.ike->cookie ? json(text_of(*event.ike->cookie)) : json();
  }
  if (event.request) item["request"] = wire::name(*event.request);
  if (event.error) item["error"] = wire::name(*event.error);
  if (!event.cause.empty()) item["cause"] = event.cause;
  return item;
}

std::string text_of(Cookie cookie) {
  return fmt::format("{:#018x}", number(cookie));
}

std::int64_t seconds_until(lease::Time then, lease::Time now) {
  return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(then - now).count(), 0);
}

}  // namespace rsip::commands
