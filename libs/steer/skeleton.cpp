// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/skeleton.hpp"

#include <string_view>

#include "steer/rules.hpp"

namespace rsip::steer {
namespace {

/// "{ a, b }"
std::string set_of(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return "{ " + text + " }";
}

std::vector<std::string> quoted(const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  parts.reserve(names.size());
  for (const std::string& name : names) parts.push_back('"' + name + '"');
  return parts;
}

std::vector<std::string> texts(const std::vector<Ipv4>& addresses) {
  std::vector<std::string> parts;
  parts.reserve(addresses.size());
  for (const Ipv4 address : addresses) parts.push_back(to_string(address));
  return parts;
}

}  // namespace

std::string skeleton_text(const SkeletonOptions& options) {
  std::vector<Ipv4> pool = options.pool;
  pool.insert(pool.end(), options.exclusive_pool.begin(), options.exclusive_pool.end());
  std::string text = "define tunnel_gateway = " + to_string(options.tunnel_gateway) +
                     "\ndefine tunnel_mtu = " + std::to_string(options.tunnel_mtu) +
                     "\ndefine ike_queue = " + std::to_string(options.ike_queue) +
                     "\ndefine private_devices = " + set_of(quoted(options.private_devices)) +
                     "\ndefine pool = " + set_of(texts(pool)) +
                     "\ndefine shared_pool = " + set_of(texts(options.pool)) + "\n\n";
  text += rules;
  // Written out instead of defined: nft 1.0.6 crashes where a variable is a set of one device.
  constexpr std::string_view hook = "devices = $public_devices";
  const std::size_t place = text.find(hook);
  return text.replace(place, hook.size(), "devices = " + set_of(quoted(options.public_devices)));
}

}  // namespace rsip::steer
