// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "settings"}: with what rsipd has been started, as far as others may get in its way.
#include "commands/reply.hpp"
#include "commands/verbs.hpp"

namespace rsip::commands {

using nlohmann::json;

namespace {

json texts(const std::vector<Ipv4>& addresses) {
  json list = json::array();
  for (const Ipv4 address : addresses) list.push_back(to_string(address));
  return list;
}

json item_of(const Run<Port>& run) {
  return {{"first", number(run.first)}, {"last", number(run.last())}};
}

}  // namespace

void settings(const Context& context, const json& /*request*/, const control::AnswerPtr& answer) {
  const lease::Config& config = context.gateway.leases().config();
  json item = context.interfaces;
  item["pool"] = texts(config.pool);
  item["exclusive_pool"] = texts(config.exclusive_pool);
  item["ports"] = json::array({item_of(config.ports)});
  if (config.listen_ports) item["ports"].push_back(item_of(*config.listen_ports));
  done(*answer, item);
}

}  // namespace rsip::commands
