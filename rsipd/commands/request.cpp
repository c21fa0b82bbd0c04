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

Read<Ipv4> read_host(const json& request) {
  const Read<std::string> text = read_text(request, "host");
  const std::optional<Ipv4> host = text ? parse_ipv4(*text) : std::nullopt;
  if (!host) return tl::unexpected(std::string("host is not an IPv4 address"));
  return *host;
}

Read<std::optional<BindId>> read_bind(const json& request) {
  const auto found = request.find("bind");
  if (found == request.end()) return std::nullopt;
  const std::int64_t number = found->is_number_integer() ? found->get<std::int64_t>() : -1;
  if (number < 0 || number > UINT32_MAX) return tl::unexpected(std::string("bind is not a bind ID"));
  return static_cast<BindId>(number);
}

}  // namespace rsip::commands
