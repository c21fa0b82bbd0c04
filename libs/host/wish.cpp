// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/wish.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace rsip::host {
namespace {

constexpr std::size_t longest_name = 255;  // RFC 1035 section 2.3.4
constexpr std::uint32_t most_ports = 255;  // RFC 3103 section 8.2: the number of ports is one byte

constexpr std::array<std::pair<Kind, std::string_view>, 4> kinds{
    {{Kind::rsa_ip, "rsa-ip"}, {Kind::rsap_ip, "rsap-ip"}, {Kind::rsipsec, "rsipsec"}, {Kind::listen, "listen"}}};
constexpr std::array<std::pair<TunnelType, std::string_view>, 2> tunnels{
    {{TunnelType::ip_ip, "ipip"}, {TunnelType::gre, "gre"}}};

template <typename Table>
auto by_name(const Table& table, std::string_view text) {
  const auto found = std::ranges::find(table, text, [](const auto& row) { return row.second; });
  return found == table.end() ? std::nullopt : std::optional(found->first);
}

std::optional<Port> parse_port(std::string_view text) {
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) return std::nullopt;
  return Port{value};
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// A host name of letters, digits, hyphens and dots that is no mistyped address.
bool is_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  return !text.empty() && text.size() <= longest_name && text.front() != '.' && std::ranges::all_of(text, allowed) &&
         std::ranges::any_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

std::string_view name(Kind kind) {
  return std::ranges::find(kinds, kind, [](const auto& row) { return row.first; })->second;
}

std::optional<Kind> parse_kind(std::string_view text) {
  return by_name(kinds, text);
}

std::string_view name(TunnelType tunnel) {
  const auto* found = std::ranges::find(tunnels, tunnel, [](const auto& row) { return row.first; });
  return found == tunnels.end() ? "unknown" : found->second;
}

std::optional<TunnelType> parse_tunnel(std::string_view text) {
  return by_name(tunnels, text);
}

std::optional<Run<Port>> parse_ports(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::optional<Port> first = parse_port(text.substr(0, dash));
  const std::optional<Port> last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  const std::uint32_t count = std::uint32_t{number(*last)} - number(*first) + 1;
  return count > most_ports ? std::nullopt : std::optional(Run<Port>{*first, count});
}

std::string to_string(const Run<Port>& run) {
  const std::string first = std::to_string(number(run.first));
  return run.count == 1 ? first : first + "-" + std::to_string(number(run.last()));
}

std::optional<RemoteHost> parse_remote(std::string_view text) {
  const std::size_t colon = text.find(':');
  RemoteHost remote;
  if (colon != std::string_view::npos) {
    remote.ports = parse_ports(text.substr(colon + 1));
    if (!remote.ports) return std::nullopt;
  }
  std::string host(text.substr(0, colon));
  if (const std::optional<Ipv4> address = parse_ipv4(host)) {
    if (address->value == 0) return std::nullopt;
    remote.host = *address;
    return remote;
  }
  std::ranges::transform(host, host.begin(), lower);
  if (!is_name(host)) return std::nullopt;
  remote.host = std::move(host);
  return remote;
}

std::string to_string(const RemoteHost& remote) {
  const auto* address = std::get_if<Ipv4>(&remote.host);
  const std::string host = address != nullptr ? rsip::to_string(*address) : std::get<std::string>(remote.host);
  return remote.ports ? host + ":" + to_string(*remote.ports) : host;
}

}  // namespace rsip::host
