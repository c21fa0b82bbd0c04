// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/assignment.hpp"

#include "ike/packet.hpp"

namespace rsip::gateway {

namespace {

constexpr Run<Port> ike_run{ike::ike_port, 1};

template <typename Id>
std::vector<Id> each_of(const std::vector<Run<Id>>& runs) {
  std::vector<Id> all;
  for (const Run<Id>& run : runs) {
    for (std::uint32_t i = 0; i < run.count; ++i) all.push_back(static_cast<Id>(number(run.first) + i));
  }
  return all;
}

template <typename Id>
void add_particular(lease::Wanted<Id>& wanted, const Run<Id>* run, const std::vector<Id>* list) {
  if (run != nullptr) wanted.particular.push_back(*run);
  if (list == nullptr) return;
  for (const Id id : *list) wanted.particular.push_back({id, 1});
}

}  // namespace

tl::expected<std::optional<Ipv4>, wire::ErrorCode> local_address(const wire::Address& address) {
  if (std::holds_alternative<wire::AnyAddress>(address)) return std::nullopt;
  if (const auto* ipv4 = std::get_if<Ipv4>(&address)) {
    if (*ipv4 == Ipv4{0}) return std::nullopt;
    return *ipv4;
  }
  if (std::holds_alternative<wire::Ipv6>(address)) return tl::unexpected(wire::ErrorCode::local_addr_unallowed);
  return tl::unexpected(wire::ErrorCode::bad_param);
}

lease::Wanted<Port> wanted_ports(const wire::Ports& ports) {
  lease::Wanted<Port> wanted;
  if (const auto* any = std::get_if<wire::AnyPorts>(&ports)) wanted.any = any->count;
  add_particular(wanted, std::get_if<Run<Port>>(&ports), std::get_if<std::vector<Port>>(&ports));
  return wanted;
}

lease::Wanted<Spi> wanted_spis(const wire::Spis& spis) {
  lease::Wanted<Spi> wanted;
  if (const auto* any = std::get_if<wire::AnySpis>(&spis)) wanted.any = any->count;
  add_particular(wanted, std::get_if<Run<Spi>>(&spis), std::get_if<std::vector<Spi>>(&spis));
  return wanted;
}

lease::Kind kind_of(const wire::ListenRequest& request) {
  return request.local_ports == wire::Ports{ike_run} ? lease::Kind::listen_ike : lease::Kind::listen;
}

wire::Ports granted_ports(const lease::Binding& binding) {
  if (binding.kind == lease::Kind::listen_ike) return ike_run;
  const std::vector<Run<Port>>& ports = binding.ports;
  if (ports.empty()) return wire::NoPorts{};
  if (ports.size() == 1) return ports.front();
  return each_of(ports);
}

wire::Spis granted_spis(const std::vector<Run<Spi>>& spis) {
  if (spis.size() == 1) return spis.front();
  return each_of(spis);
}

}  // namespace rsip::gateway
