// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/flow.hpp"

#include <algorithm>

namespace rsip::gateway {

namespace {

using wire::ErrorCode;
using wire::RemotePolicy;

/// The addresses that the host names, allowed or not.
tl::expected<std::vector<Ipv4>, ErrorCode> named(const wire::Address& address, std::span<const Ipv4> resolved,
                                                 ErrorCode unallowed) {
  if (const auto* ipv4 = std::get_if<Ipv4>(&address)) return std::vector<Ipv4>{*ipv4};
  if (std::holds_alternative<wire::Fqdn>(address)) return std::vector<Ipv4>(resolved.begin(), resolved.end());
  if (std::holds_alternative<wire::AnyAddress>(address)) return tl::unexpected(ErrorCode::flow_policy_violation);
  if (std::holds_alternative<wire::Ipv6>(address)) return tl::unexpected(unallowed);
  return tl::unexpected(ErrorCode::bad_param);  // a netmask
}

/// One port for each of the flows that micro-flow policy tells apart; "nothing" where the port is of no account.
tl::expected<std::vector<std::optional<Port>>, ErrorCode> flows(const wire::Ports& ports, RemotePolicy remote,
                                                                bool may_omit_port) {
  std::vector<std::optional<Port>> all;
  if (remote == RemotePolicy::macro || (may_omit_port && std::holds_alternative<wire::NoPorts>(ports))) {
    all.emplace_back(std::nullopt);
    return all;
  }
  // "it MUST contain exactly one port field" (RFC 3103 section 8.2): a run, not a list, nor 'don't care'.
  const auto* run = std::get_if<Run<Port>>(&ports);
  if (run == nullptr) return tl::unexpected(ErrorCode::flow_policy_violation);
  for (std::uint32_t i = 0; i < run->count; ++i) all.emplace_back(static_cast<Port>(number(run->first) + i));
  return all;
}

}  // namespace

tl::expected<std::vector<Remote>, ErrorCode> remotes_of(const RemoteParameters& parameters, RemotePolicy remote,
                                                        bool may_omit_port, const Policy& policy,
                                                        std::span<const Ipv4> resolved) {
  std::vector<Remote> remotes;
  if (remote == RemotePolicy::none) return remotes;
  const ErrorCode unallowed =
      remote == RemotePolicy::macro ? ErrorCode::remote_addr_unallowed : ErrorCode::remote_addrport_unallowed;
  auto addresses = named(parameters.address, resolved, unallowed);
  if (!addresses) return tl::unexpected(addresses.error());
  const auto ports = flows(parameters.ports, remote, may_omit_port);
  if (!ports) return tl::unexpected(ports.error());

  std::erase_if(*addresses, [&policy](Ipv4 address) { return !policy.may_reach(address); });
  if (addresses->empty()) return tl::unexpected(unallowed);
  for (const Ipv4 address : *addresses) {
    for (const std::optional<Port> port : *ports) remotes.push_back({address, port});
  }
  return remotes;
}

RemoteParameters granted_remote(const RemoteParameters& requested, RemotePolicy remote) {
  // 'Don't need' is repeated in any case (RFC 3104 section 6.2).
  wire::Ports any = wire::AnyPorts{1};
  if (std::holds_alternative<wire::NoPorts>(requested.ports)) any = wire::NoPorts{};
  switch (remote) {
    case RemotePolicy::none:
      return {wire::AnyAddress{}, any};
    case RemotePolicy::macro:
      return {requested.address, any};
    case RemotePolicy::micro:
      break;
  }
  return requested;
}

tl::expected<void, ErrorCode> check_local_ports(const wire::Ports& ports, wire::LocalPolicy local) {
  if (local == wire::LocalPolicy::macro) return {};
  const auto* any = std::get_if<wire::AnyPorts>(&ports);
  const auto* run = std::get_if<Run<Port>>(&ports);
  const bool one = (any != nullptr && any->count == 1) || (run != nullptr && run->count == 1) ||
                   std::holds_alternative<wire::NoPorts>(ports);
  if (!one) return tl::unexpected(ErrorCode::flow_policy_violation);
  return {};
}

}  // namespace rsip::gateway
