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

/// Of addresses or prefixes.
template <typename T>
std::vector<std::string> texts(const std::vector<T>& values) {
  std::vector<std::string> parts;
  parts.reserve(values.size());
  for (const T& value : values) parts.push_back(to_string(value));
  return parts;
}

/// Each address beside itself: as an address, and as nft writes one that it reads from within a packet.
std::vector<std::string> twice(const std::vector<Ipv4>& addresses) {
  std::vector<std::string> parts;
  parts.reserve(addresses.size());
  for (const Ipv4 address : addresses) parts.push_back(to_string(address) + " . " + std::to_string(address.value));
  return parts;
}

void write_out(std::string& text, std::string_view variable, const std::string& value) {
  for (std::size_t place = text.find(variable); place != std::string::npos; place = text.find(variable, place)) {
    text.replace(place, variable.size(), value);
    place += value.size();
  }
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
                     "\ndefine shared_pool = " + set_of(texts(options.pool)) +
                     "\ndefine shared_twice = " + set_of(twice(options.pool)) + "\n\n";
  text += rules;
  // Written out instead of defined. nft 1.0.6 crashes where a variable is a set of one device, knows no set that is
  // empty, and takes no variable for a group, a length or a rate.
  // A hook on no device cannot be written: then the chain has none.
  const bool hooked = !options.public_devices.empty();
  if (!hooked) write_out(text, "type filter hook ingress devices = $public_devices priority 0; policy accept;", "");
  write_out(text, "$public_devices", set_of(quoted(options.public_devices)));
  write_out(text, "$log_group", std::to_string(options.log_group));
  write_out(text, "elements = $own_ike", options.own_ike.empty() ? "" : "elements = " + set_of(texts(options.own_ike)));
  write_out(text, "$prefix_bits", std::to_string(options.prefix_bits));
  write_out(text, "$cookie_rate", std::to_string(options.cookie_rate));
  return text;
}

}  // namespace rsip::steer
