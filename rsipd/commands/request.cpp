// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/request.hpp"

#include <cstdint>

namespace rsip::commands {

using nlohmann::json;

Read<std::string> read_text(const json& request, const char* name) {
  const auto found = request.find(name);
  if (found == request.end() || !found->is_string()) return tl::unexpected(std::string(name) + " is not a text");
  return found->get<std::string>();
}

Read<Ipv4> read_address(const json& request, const char* name) {
  const Read<std::string> text = read_text(request, name);
  const std::optional<Ipv4> address = text ? parse_ipv4(*text) : std::nullopt;
  if (!address) return tl::unexpected(std::string(name) + " is not an IPv4 address");
  return *address;
}

Read<Ipv4> read_host(const json& request) {
  return read_address(request, "host");
}

Read<std::optional<std::int64_t>> read_number(const json& request, const char* name, std::int64_t least,
                                              std::int64_t most) {
  const auto found = request.find(name);
  if (found == request.end()) return std::nullopt;
  const std::int64_t number = found->is_number_integer() ? found->get<std::int64_t>() : least - 1;
  if (number < least || number > most) {
    return tl::unexpected(std::string(name) + " is not a number from " + std::to_string(least) + " to " +
                          std::to_string(most));
  }
  return number;
}

Read<std::optional<BindId>> read_bind(const json& request) {
  const Read<std::optional<std::int64_t>> number = read_number(request, "bind", 0, UINT32_MAX);
  if (!number) return tl::unexpected(std::string("bind is not a bind ID"));
  return *number ? std::optional(static_cast<BindId>(**number)) : std::nullopt;
}

}  // namespace rsip::commands
