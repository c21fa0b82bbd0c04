// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/skeleton.hpp"

#include <string_view>

#include "steer/rules.hpp"

namespace rsip::steer {
namespace {

std::string device_set(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "\"" : ", \"") + name + "\"";
  return "{ " + text + " }";
}

}  // namespace

std::string skeleton_text(const SkeletonOptions& options) {
  std::string text = "define tunnel_gateway = " + to_string(options.tunnel_gateway) +
                     "\ndefine tunnel_mtu = " + std::to_string(options.tunnel_mtu) +
                     "\ndefine ike_queue = " + std::to_string(options.ike_queue) + "\n\n";
  text += rules;
  // Written out instead of defined: nft 1.0.6 crashes where a variable is a set of one device.
  constexpr std::string_view hook = "devices = $public_devices";
  const std::size_t place = text.find(hook);
  return text.replace(place, hook.size(), "devices = " + device_set(options.public_devices));
}

}  // namespace rsip::steer
