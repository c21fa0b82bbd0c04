// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/traffic.hpp"

namespace rsip::ctl {

using nlohmann::json;

namespace {

void add(Traffic::Count& sum, const json& count) {
  if (count.is_null()) return;
  sum.packets += count.at("packets").get<std::uint64_t>();
  sum.bytes += count.at("bytes").get<std::uint64_t>();
}

}  // namespace

Traffic traffic_of(const json& host) {
  Traffic sum;
  for (const json& tunnel : host.at("tunnels")) {
    add(sum.from_host, tunnel.at("from_host"));
    add(sum.to_host, tunnel.at("to_host"));
    sum.devices += (sum.devices.empty() ? "" : ",") + tunnel.at("device").get<std::string>();
  }
  return sum;
}

}  // namespace rsip::ctl
