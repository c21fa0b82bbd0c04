// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/commands.hpp"

#include <nlohmann/json.hpp>

namespace rsip {

namespace {

using nlohmann::json;

json refuse(const std::string& why) {
  return {{"error", why}};
}

std::string text_of(const json& request, const char* name) {
  const auto found = request.find(name);
  return found != request.end() && found->is_string() ? found->get<std::string>() : "";
}

json revoke(gateway::Gateway& gateway, const json& request, lease::Time now) {
  const std::optional<Ipv4> host = parse_ipv4(text_of(request, "host"));
  if (!host) return refuse("host is not an IPv4 address");
  std::optional<BindId> bind;
  if (const auto found = request.find("bind"); found != request.end()) {
    const std::int64_t number = found->is_number_integer() ? found->get<std::int64_t>() : -1;
    if (number < 0 || number > UINT32_MAX) return refuse("bind is not a bind ID");
    bind = static_cast<BindId>(number);
  }
  if (const Result<void> done = gateway.revoke(*host, bind, now); !done) return refuse(done.error().text());
  return json::object();
}

}  // namespace

std::string obey(gateway::Gateway& gateway, const std::string& line, lease::Time now) {
  const json request = json::parse(line, nullptr, false);
  if (!request.is_object()) return refuse("a request is a JSON object").dump();
  if (text_of(request, "command") == "revoke") return revoke(gateway, request, now).dump();
  return refuse("no such command").dump();
}

}  // namespace rsip
