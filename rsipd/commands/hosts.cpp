// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "hosts"}: who is registered, what each holds in all, and what has gone through its tunnels.
#include "commands/json.hpp"
#include "commands/reply.hpp"
#include "commands/verbs.hpp"
#include "events/words.hpp"

namespace rsip::commands {

using nlohmann::json;

namespace {

json count_json(const steer::Traffic::Count& count) {
  return {{"packets", count.packets}, {"bytes", count.bytes}};
}

/// Counted since the device was made; nothing where the kernel cannot say.
json tunnels_of(const Context& context, Ipv4 host) {
  json all = json::array();
  for (const TunnelType type : {TunnelType::ip_ip, TunnelType::gre}) {
    const gateway::TunnelDevice* tunnel = context.gateway.tunnels().find(host, type);
    if (tunnel == nullptr) continue;
    const Result<steer::Traffic> traffic = context.kernel.traffic(tunnel->device);
    all.push_back({{"device", tunnel->device.name},
                   {"type", word_for(type)},
                   {"gateway", to_string(tunnel->gateway)},
                   {"from_host", traffic ? count_json(traffic->received) : json()},
                   {"to_host", traffic ? count_json(traffic->sent) : json()}});
  }
  return all;
}

json item_of(const Context& context, const lease::Registration& registration) {
  return {{"host", to_string(registration.host)},
          {"client", number(registration.client)},
          {"expires", seconds_until(registration.expires, context.now())},
          {"bindings", registration.bindings.size()},
          {"ports", registration.ports_held},
          {"spis", registration.spis_held},
          {"whole_addresses", registration.addresses_held},
          {"ike", registration.ike.size()},
          {"tunnels", tunnels_of(context, registration.host)}};
}

}  // namespace

void hosts(const Context& context, const json& /*request*/, const control::AnswerPtr& answer) {
  list(*answer, [&context, last = std::optional<Ipv4>()]() mutable -> std::optional<json> {
    const auto& registrations = context.gateway.leases().registrations();
    const auto next = last ? registrations.upper_bound(*last) : registrations.begin();
    if (next == registrations.end()) return std::nullopt;
    last = next->first;
    return item_of(context, next->second);
  });
}

}  // namespace rsip::commands
