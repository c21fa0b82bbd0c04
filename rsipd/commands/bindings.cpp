// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "bindings"}, perhaps with "host": what hosts have leased, by host and bind ID.
// {"command": "show", "host": ..., "bind": ...}: one of them.
#include <memory>

#include "commands/json.hpp"
#include "commands/reply.hpp"
#include "commands/request.hpp"
#include "commands/verbs.hpp"

namespace rsip::commands {

using nlohmann::json;

namespace {

json item_of(const Context& context, const lease::Registration& registration, const lease::Binding& binding) {
  json item = json_of(binding);
  item["client"] = number(registration.client);
  item["bind"] = number(binding.id);
  item["host"] = to_string(registration.host);
  const gateway::TunnelDevice* tunnel = context.gateway.tunnels().find(registration.host, binding.tunnel);
  item["device"] = tunnel != nullptr ? json(tunnel->device.name) : json();
  item["expires"] = seconds_until(binding.expires, context.now());
  json cookies = json::array();
  json peers = json::array();
  for (const lease::IkeState& state : registration.ike) {
    if (state.bind != binding.id) continue;
    if (state.cookie) cookies.push_back(text_of(*state.cookie));
    peers.push_back(to_string(state.peer));
  }
  item["cookies"] = std::move(cookies);
  item["ike_peers"] = std::move(peers);
  return item;
}

/// The binding that comes next after the last one, whatever has come and gone since; those that are over are left out.
class Walk {
 public:
  Walk(const Context& context, std::optional<Ipv4> only) : context_(context), only_(only) {}

  std::optional<json> operator()() {
    const auto& registrations = context_.gateway.leases().registrations();
    auto host = only_ ? registrations.find(*only_) : registrations.lower_bound(host_);
    for (; host != registrations.end(); ++host) {
      const lease::Registration& registration = host->second;
      const bool same = host->first == host_ && last_;
      auto binding = same ? registration.bindings.upper_bound(*last_) : registration.bindings.begin();
      while (binding != registration.bindings.end() && binding->second.expires <= context_.now()) ++binding;
      if (binding != registration.bindings.end()) {
        host_ = host->first;
        last_ = binding->first;
        return item_of(context_, registration, binding->second);
      }
      if (only_) break;
    }
    return std::nullopt;
  }

 private:
  const Context& context_;
  std::optional<Ipv4> only_;
  Ipv4 host_;
  std::optional<BindId> last_;  ///< of host_
};

}  // namespace

void bindings(const Context& context, const json& request, const control::AnswerPtr& answer) {
  std::optional<Ipv4> only;
  if (request.contains("host")) {
    const Read<Ipv4> host = read_host(request);
    if (!host) return refuse(*answer, host.error());
    only = *host;
  }
  list(*answer, Walk(context, only));
}

void show(const Context& context, const json& request, const control::AnswerPtr& answer) {
  const Read<Ipv4> host = read_host(request);
  if (!host) return refuse(*answer, host.error());
  const Read<std::optional<BindId>> bind = read_bind(request);
  if (!bind) return refuse(*answer, bind.error());
  if (!*bind) return refuse(*answer, "bind is missing");
  const lease::LeaseTable& leases = context.gateway.leases();
  const lease::Registration* registration = leases.find(*host);
  if (registration == nullptr) return refuse(*answer, "host " + to_string(*host) + " is not registered");
  const auto binding = leases.binding(*registration, **bind, context.now());
  if (!binding) {
    return refuse(*answer, "host " + to_string(*host) + " has no binding " + std::to_string(number(**bind)));
  }
  done(*answer, item_of(context, *registration, **binding));
}

}  // namespace rsip::commands
