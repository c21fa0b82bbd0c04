// SPDX-License-Identifier: GPL-2.0-or-later
#include "operation.hpp"

#include <spdlog/fmt/fmt.h>

#include <array>

#include "ike/packet.hpp"
#include "wire/cookie_prefix.hpp"

namespace rsip::test {

namespace {

using wire::Message;

bool one_in(Random& random, std::uint32_t n) {
  return any_of(random, 1, n) == 1;
}

/// Numbers of the range, and at times beyond its end.
template <typename Id>
Run<Id> random_run(Random& random, Run<Id> range, std::uint32_t most) {
  const std::uint32_t first = number(range.first) + any_of(random, 0, range.count + (one_in(random, 20) ? 5 : 0) - 1);
  return {static_cast<Id>(first), any_of(random, 1, one_in(random, 3) ? most : 1)};
}

template <typename Id>
std::vector<Id> random_list(Random& random, Run<Id> range) {
  const std::uint32_t first = number(range.first) + any_of(random, 0, range.count - 1);
  return {static_cast<Id>(first), static_cast<Id>(first + any_of(random, 1, 3)), static_cast<Id>(first + 5)};
}

wire::Ports random_ports(Random& random, const lease::Config& config) {
  switch (any_of(random, 0, 5)) {
    case 0:
      return random_run(random, config.ports, 6);
    case 1:
      return random_list(random, config.ports);
    default:
      return wire::AnyPorts{static_cast<std::uint8_t>(any_of(random, 1, 7))};
  }
}

/// Any prefix, or a particular one out of few, so that hosts suggest each other's.
wire::Vendor random_prefix_wish(Random& random) {
  if (one_in(random, 3)) return wire::cookie_prefix_wish({any_of(random, 1, 20) << 24, 8});
  return wire::cookie_prefix_wish(one_in(random, 4) ? 8 : 16);
}

wire::Spis random_spis(Random& random, const lease::Config& config) {
  switch (any_of(random, 0, 7)) {
    case 0:
      return random_run(random, config.spis, 6);
    case 1:
      return random_list(random, config.spis);
    case 2:
      return random_run(random, *config.suggested_spis, 20);
    case 3:
      return random_list(random, *config.suggested_spis);
    default:
      return wire::AnySpis{static_cast<std::uint16_t>(any_of(random, 1, 9))};
  }
}

Ipv4 random_public_address(Random& random, const lease::Config& config) {
  if (one_in(random, 10)) return Ipv4{0xcb007101};  // not in the pool
  return config.pool.at(any_of(random, 0, static_cast<std::uint32_t>(config.pool.size()) - 1));
}

Ipv4 random_remote(Random& random) {
  return Ipv4{first_remote.value + any_of(random, 0, 3)};
}

/// What all ASSIGN and LISTEN requests have in common.
void fill(Random& random, const lease::Config& config, auto& request) {
  if constexpr (requires { request.local_ports; }) request.local_ports = random_ports(random, config);
  if (one_in(random, 4)) request.local = random_public_address(random, config);
  if (one_in(random, 40)) request.local = wire::Ipv6{{0x20, 0x01}};
  if (one_in(random, 40)) request.local = wire::Fqdn{"example.org"};
  if (!one_in(random, 5)) request.remote = random_remote(random);
  if (!one_in(random, 4)) request.remote_ports = Run<Port>{Port{80}, any_of(random, 1, 2)};
  if (one_in(random, 2)) request.lease = LeaseTime{any_of(random, 0, 300)};
  constexpr std::array types{TunnelType::ip_ip, TunnelType::gre, TunnelType::l2tp};
  const TunnelType type = types.at(one_in(random, 10) ? 2 : any_of(random, 0, 1));
  if constexpr (requires { request.tunnels; }) {
    request.tunnels.assign(any_of(random, 0, 2), type);
  } else {
    if (one_in(random, 2)) request.tunnel = type;
  }
}

Message random_request(Random& random, const lease::Config& config) {
  const std::uint32_t dice = any_of(random, 0, 99);
  if (dice < 20) return wire::RegisterRequest{};
  if (dice < 23) return wire::DeregisterRequest{};
  if (dice < 37) {
    wire::AssignRequestRsapIp request;
    fill(random, config, request);
    return request;
  }
  if (dice < 44) {
    wire::ListenRequest request;
    fill(random, config, request);
    if (one_in(random, 2)) request.local_ports = random_run(random, *config.listen_ports, 3);
    if (one_in(random, 3)) {
      request.local_ports = Run<Port>{ike::ike_port, 1};
      if (one_in(random, 2)) request.remote = wire::AnyAddress{};
    }
    return request;
  }
  if (dice < 50) {
    wire::AssignRequestRsaIp request;
    fill(random, config, request);
    if (one_in(random, 2)) request.local = config.exclusive_pool.at(any_of(random, 0, 9));
    return request;
  }
  if (dice < 72) {
    wire::AssignRequestRsipsec request;
    fill(random, config, request);
    if (one_in(random, 2)) request.local_ports = wire::NoPorts{};
    if (one_in(random, 2)) request.remote_ports = wire::NoPorts{};
    request.spis = random_spis(random, config);
    if (one_in(random, 2)) request.vendor.push_back(random_prefix_wish(random));
    return request;
  }
  if (dice < 85) {
    wire::ExtendRequest request;
    if (!one_in(random, 3)) request.lease = LeaseTime{any_of(random, 0, 300)};
    return request;
  }
  if (dice < 97) return wire::FreeRequest{};
  if (dice < 98) return wire::QueryRequest{};
  return wire::ErrorResponse{};
}

template <typename Id>
std::string text(Run<Id> run) {
  return run.count == 1 ? fmt::format("{}", number(run.first))
                        : fmt::format("{}-{}", number(run.first), number(run.last()));
}
template <typename Id>
std::string text(const std::vector<Id>& ids) {
  std::string line;
  for (const Id id : ids) line += (line.empty() ? "" : ",") + std::to_string(number(id));
  return line;
}
std::string text(wire::NoPorts /*none*/) {
  return "none";
}
std::string text(wire::AnyPorts any) {
  return fmt::format("any {}", any.count);
}
std::string text(wire::AnySpis any) {
  return fmt::format("any {}", any.count);
}

std::string text(const wire::Address& address) {
  if (const auto* ipv4 = std::get_if<Ipv4>(&address)) return to_string(*ipv4);
  return std::holds_alternative<wire::Ipv6>(address) ? "an IPv6 address" : "a name";
}

template <typename Request>
std::string parameters(const Request& request) {
  std::string line;
  const auto any_of_it = [](const auto& any) { return text(any); };
  if constexpr (requires { request.local_ports; }) {
    line += " ports " + std::visit(any_of_it, request.local_ports);
  }
  if constexpr (requires { request.remote_ports; }) {
    if (!std::holds_alternative<wire::AnyAddress>(request.local)) line += " of " + text(request.local);
    if (!std::holds_alternative<wire::AnyAddress>(request.remote)) line += " to " + text(request.remote);
    line += " port " + std::visit(any_of_it, request.remote_ports);
  }
  if constexpr (requires { request.spis; }) line += " SPIs " + std::visit(any_of_it, request.spis);
  if constexpr (requires { *request.lease; }) {
    if (request.lease) line += fmt::format(" lease {} s", request.lease->count());
  }
  if constexpr (requires { *request.tunnel; }) {
    if (request.tunnel) line += fmt::format(" tunnel type {}", number(*request.tunnel));
  }
  if constexpr (requires { request.tunnels.front(); }) {
    if (!request.tunnels.empty()) line += fmt::format(" tunnel type {}", number(request.tunnels.front()));
  }
  return line;
}

std::string request_text(const Operation& operation) {
  std::string line(wire::name(wire::type_of(operation.request)));
  std::visit(
      [&](const auto& request) {
        if constexpr (requires { request.bind; }) line += fmt::format(" of binding #{}", operation.nth_binding + 1);
        line += parameters(request);
      },
      operation.request);
  if (operation.wrong_client) line += ", wrong client ID";
  if (operation.transport == gateway::Transport::udp) {
    constexpr std::array counters{"next", "same", "older", "no"};
    line += fmt::format(", UDP with {} counter", counters.at(static_cast<std::size_t>(operation.count)));
  }
  return line;
}

}  // namespace

std::string to_string(const Operation& operation) {
  std::string line;
  switch (operation.kind) {
    case Operation::Kind::request:
      line = to_string(operation.host) + " " + request_text(operation);
      break;
    case Operation::Kind::ike:
      line = fmt::format("{} IKE from {} to {} through tunnel type {} with cookie {}", to_string(operation.host),
                         to_string(operation.address), to_string(operation.remote), number(operation.tunnel),
                         number(operation.cookie));
      break;
    case Operation::Kind::wait:
      return fmt::format("{} ms go by", operation.time.count());
    case Operation::Kind::expire:
      return "expire";
    case Operation::Kind::settle:
      return "an idle tunnel goes";
    case Operation::Kind::restart:
      return "the gateway starts anew";
  }
  if (operation.failures.commits) line += ", commits fail";
  if (operation.failures.tunnels) line += ", tunnels fail";
  if (operation.failures.announcements) line += ", announcements fail";
  return line;
}

Operation random_operation(Random& random, const lease::Config& config, std::uint32_t hosts) {
  Operation operation;
  operation.host = Ipv4{first_host.value + any_of(random, 0, hosts - 1)};
  operation.failures = {one_in(random, 50), one_in(random, 50), one_in(random, 50)};
  if (one_in(random, 1000)) {
    operation.kind = Operation::Kind::restart;
    operation.failures = {};
    return operation;
  }
  const std::uint32_t dice = any_of(random, 0, 99);
  if (dice < 70) {
    operation.kind = Operation::Kind::request;
    operation.request = random_request(random, config);
    operation.wrong_client = one_in(random, 50);
    operation.nth_binding = any_of(random, 0, 2);
    // Half of the hosts speak UDP, mostly.
    const bool udp = (operation.host.value % 2 == 0) != one_in(random, 50);
    operation.transport = udp ? gateway::Transport::udp : gateway::Transport::tcp;
    using Count = Operation::Count;
    constexpr std::array odd{Count::same, Count::older, Count::none};
    if (one_in(random, 10)) operation.count = odd.at(any_of(random, 0, 2));
  } else if (dice < 85) {
    operation.kind = Operation::Kind::ike;
    operation.address = random_public_address(random, config);
    operation.remote = random_remote(random);
    operation.tunnel = one_in(random, 3) ? TunnelType::gre : TunnelType::ip_ip;
    operation.cookie = Cookie{any_of(random, 1, hosts)};
    operation.by_prefix = one_in(random, 2);
    // Sometimes one that begins like somebody's prefix.
    if (one_in(random, 4)) {
      operation.cookie = Cookie{std::uint64_t{any_of(random, 1, 255)} << 56 | number(operation.cookie)};
    }
  } else if (dice < 93) {
    operation.kind = Operation::Kind::wait;
    operation.time = std::chrono::milliseconds(any_of(random, 1, 500));
  } else if (dice < 97) {
    operation.kind = Operation::Kind::expire;
  }
  return operation;
}

}  // namespace rsip::test
