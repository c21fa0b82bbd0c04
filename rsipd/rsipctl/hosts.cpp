// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/answer.hpp"
#include "rsipctl/text.hpp"
#include "rsipctl/traffic.hpp"

namespace rsip::ctl {

using nlohmann::json;

int hosts(const Options& options) {
  return print_list(options, {{"command", "hosts"}},
                    {{"HOST", 15},
                     {"CLIENT", 10, true},
                     {"EXPIRES", 8, true},
                     {"BINDINGS", 8, true},
                     {"PORTS", 6, true},
                     {"SPIS", 6, true},
                     {"IKE", 4, true},
                     {"FROM HOST", 10, true},
                     {"BYTES", 7, true},
                     {"TO HOST", 10, true},
                     {"BYTES", 7, true},
                     {"DEVICES", 0}},
                    [](const json& item) -> std::vector<std::string> {
                      const Traffic traffic = traffic_of(item);
                      return {text_of(item, "host"),
                              text_of(item, "client"),
                              seconds_of(item, "expires"),
                              text_of(item, "bindings"),
                              text_of(item, "ports"),
                              text_of(item, "spis"),
                              text_of(item, "ike"),
                              std::to_string(traffic.from_host.packets),
                              amount_of(static_cast<double>(traffic.from_host.bytes)),
                              std::to_string(traffic.to_host.packets),
                              amount_of(static_cast<double>(traffic.to_host.bytes)),
                              traffic.devices.empty() ? "-" : traffic.devices};
                    });
}

}  // namespace rsip::ctl
