// SPDX-License-Identifier: GPL-2.0-or-later
// Hosts are told what is wrong with the packets that they send (RFC 3103 section 10.4).
#include <doctest/doctest.h>

#include "../kernel/packet.hpp"
#include "auth/host_end.hpp"
#include "gateway_realm.hpp"

namespace gateway_misuse_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;
using wire::ErrorCode;

namespace {

constexpr Ipv4 y{0xc6336402};
constexpr Ipv4 z{0xc6336403};
constexpr Ipv4 nc{0xc6336409};  ///< to be leased as a whole
constexpr Header from_host{nb, y};

lease::Config config() {
  lease::Config config;
  config.exclusive_pool = {nc};
  return config;
}

gateway::Policy policy(wire::RemotePolicy remote) {
  gateway::Policy policy;
  policy.tunnels = {TunnelType::ip_ip, TunnelType::gre};
  policy.remote = {{{{0}, 0}, remote}};
  return policy;
}

struct Misuse : Realm {
  explicit Misuse(wire::RemotePolicy remote = wire::RemotePolicy::none) : Realm(policy(remote), config()) {}

  /// The host's tunnel device; 0 where it has none of this type.
  std::uint32_t device_of(Ipv4 host, TunnelType type = TunnelType::ip_ip) const {
    for (const auto& [index, tunnel] : kernel.tunnels) {
      if (tunnel.host == host && tunnel.type == type) return index;
    }
    return 0;
  }

  wire::AssignResponseRsapIp lease_ports(Ipv4 host, ClientId client, std::optional<Remote> remote = {}) {
    wire::AssignRequestRsapIp request = rsap(client, wire::AnyPorts{4});
    if (remote) request.remote = remote->address;
    if (remote && remote->port) request.remote_ports = Run<Port>{*remote->port, 1};
    return ask<wire::AssignResponseRsapIp>(host, request);
  }

  /// What the host is told of a packet that has come through its tunnel; nothing where it is told nothing.
  std::optional<wire::ErrorResponse> told_of(Ipv4 host, const Packet& packet, TunnelType type = TunnelType::ip_ip) {
    gateway->denied(device_of(host, type), packet, now);
    return told();
  }
  /// What the host is told when the kernel refuses a packet to us.
  std::optional<wire::ErrorResponse> told_of_refused(const Packet& outer) {
    gateway->tunnel_refused(icmp_unreachable({na, {}}, outer), now);
    return told();
  }
  std::optional<wire::ErrorResponse> told() {
    std::vector<gateway::Unasked> all = gateway->take_unasked();
    if (all.empty()) return std::nullopt;
    REQUIRE(all.size() == 1);
    to = all.front().to;
    const auto message = wire::decode(all.front().message);
    REQUIRE(message);
    const auto* error = std::get_if<wire::ErrorResponse>(&*message);
    REQUIRE(error != nullptr);
    CHECK(error->counter == Counter{0});
    return *error;
  }
  Peer to;  ///< who was told last
};

Port first_port(const wire::AssignResponseRsapIp& granted) {
  return std::get<Run<Port>>(granted.local_ports).first;
}

}  // namespace

TEST_CASE("misuse: an address that the host has not leased") {
  Misuse realm;
  const ClientId client = realm.enroll(x1);
  (void)realm.lease_ports(x1, client);
  const auto error = realm.told_of(x1, udp({x1, y}, 40000, 53));
  REQUIRE(error);
  CHECK(error->error == ErrorCode::local_addr_unallowed);
  CHECK(error->client == client);
  CHECK_FALSE(error->bind);
  CHECK(realm.to.host == x1);
}

TEST_CASE("misuse: a port, a protocol, or IPsec that the host has not leased") {
  Misuse realm;
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.lease_ports(x1, client);
  const auto own = number(first_port(granted));
  const auto foreign = static_cast<std::uint16_t>(own + 4);
  for (const Packet& packet : {udp(from_host, foreign, 53), tcp(from_host, foreign, 80), esp(from_host, 0x1000),
                               ah(from_host, 0x1000), ike(from_host, 7), ipip(from_host, esp(from_host, 1))}) {
    const auto error = realm.told_of(x1, packet);
    REQUIRE(error);
    CHECK(error->error == ErrorCode::local_addrport_unallowed);
    CHECK(error->client == client);
    CHECK_FALSE(error->bind);
    realm.now += 1s;
  }
  CHECK_FALSE(realm.told_of(x1, udp(from_host, own, 53)));  // faster than its lease
  CHECK_FALSE(realm.told_of(x1, icmp_echo(from_host)));
}

TEST_CASE("misuse: a port of a binding that is over") {
  Misuse realm;
  const ClientId client = realm.enroll(x1);
  const auto own = number(first_port(realm.lease_ports(x1, client)));
  realm.now += 100s;
  const auto error = realm.told_of(x1, udp(from_host, own, 53));
  REQUIRE(error);
  CHECK(error->error == ErrorCode::local_addr_unallowed);
}

TEST_CASE("misuse: an IKE cookie that another host uses") {
  Misuse realm;
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::NoPorts{}, wire::AnySpis{4}));
  const auto error = realm.told_of(x1, ike(from_host, 7));
  REQUIRE(error);
  CHECK(error->error == ErrorCode::local_addrport_unallowed);
  CHECK(error->bind == granted.bind);
}

TEST_CASE("misuse: another remote than the lease's") {
  Misuse realm(wire::RemotePolicy::macro);
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.lease_ports(x1, client, Remote{y, {}});
  const auto own = number(first_port(granted));
  const auto error = realm.told_of(x1, udp({nb, z}, own, 53));
  REQUIRE(error);
  CHECK(error->error == ErrorCode::remote_addr_unallowed);
  CHECK(error->bind == granted.bind);
  CHECK_FALSE(realm.told_of(x1, udp({nb, y}, own, 53)));
}

TEST_CASE("misuse: another port of the lease's remote") {
  Misuse realm(wire::RemotePolicy::micro);
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.lease_ports(x1, client, Remote{y, Port{53}});
  const auto own = number(first_port(granted));
  auto error = realm.told_of(x1, udp({nb, y}, own, 54));
  REQUIRE(error);
  CHECK(error->error == ErrorCode::remote_addrport_unallowed);
  CHECK(error->bind == granted.bind);
  error = realm.told_of(x1, udp({nb, z}, own, 53));
  REQUIRE(error);
  CHECK(error->error == ErrorCode::remote_addr_unallowed);
  // Of two bindings, the one that comes closest counts.
  const auto other = realm.lease_ports(x1, client, Remote{z, Port{80}});
  realm.now += 1s;
  error = realm.told_of(x1, udp({nb, z}, number(first_port(other)), 81));
  REQUIRE(error);
  CHECK(error->error == ErrorCode::remote_addrport_unallowed);
  CHECK(error->bind == other.bind);
}

TEST_CASE("misuse: the host's tunnel of another type") {
  Misuse realm;
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.lease_ports(x1, client);
  wire::AssignRequestRsaIp whole;
  whole.client = client;
  whole.tunnel = {wire::TunnelType::gre};
  const auto whole_granted = realm.ask<wire::AssignResponseRsaIp>(x1, whole);
  auto error = realm.told_of(x1, udp(from_host, number(first_port(granted)), 53), TunnelType::gre);
  REQUIRE(error);
  CHECK(error->error == ErrorCode::bad_tunnel_type);
  CHECK(error->bind == granted.bind);
  realm.now += 1s;
  error = realm.told_of(x1, udp({nc, y}, 9, 53));
  REQUIRE(error);
  CHECK(error->error == ErrorCode::bad_tunnel_type);
  CHECK(error->bind == whole_granted.bind);
}

TEST_CASE("misuse: a tunnel that the kernel does not have") {
  Misuse realm;
  const ClientId client = realm.enroll(x1);
  const Header outer{x1, na};
  const auto error_of = [&](const Packet& packet) {
    realm.now += 1s;
    const auto error = realm.told_of_refused(packet);
    return error ? std::optional(error->error) : std::nullopt;
  };
  CHECK(error_of(ipip(outer, udp(from_host, 40000, 53))) == ErrorCode::local_addr_unallowed);  // no lease at all
  const auto own = number(first_port(realm.lease_ports(x1, client)));
  CHECK(error_of(gre(outer, udp(from_host, own, 53))) == ErrorCode::bad_tunnel_type);
  CHECK(error_of(gre(outer, udp(from_host, static_cast<std::uint16_t>(own + 4), 53))) ==
        ErrorCode::local_addrport_unallowed);
  CHECK(error_of(gre(outer, {0x60})) == ErrorCode::bad_tunnel_type);  // whatever is in it
  CHECK_FALSE(error_of(ipip(outer, udp(from_host, own, 53))));        // has come up meanwhile
  CHECK_FALSE(error_of(udp(outer, 9, 9)));
  CHECK_FALSE(error_of(gre({x2, na}, udp(from_host, own, 53))));  // a host that we have never spoken to
}

TEST_CASE("misuse: a host that was registered is told to register") {
  Misuse realm;
  const ClientId client = realm.enroll(x1);
  (void)realm.lease_ports(x1, client);
  (void)realm.ask<wire::DeregisterResponse>(x1, deregister(client));
  const Packet packet = ipip({x1, na}, udp(from_host, 40000, 53));
  const auto error = realm.told_of_refused(packet);
  REQUIRE(error);
  CHECK(error->error == ErrorCode::register_first);
  CHECK(error->client == client);
  CHECK(realm.to.host == x1);
  CHECK(realm.to.port == 1234);
  CHECK_FALSE(realm.told_of_refused(packet));
}

TEST_CASE("misuse: each error once a second for each host") {
  Misuse realm;
  const ClientId one = realm.enroll(x1);
  const ClientId two = realm.enroll(x2);
  (void)realm.lease_ports(x1, one);
  (void)realm.lease_ports(x2, two);
  const Packet address = udp({x1, y}, 9, 53);
  const Packet port = udp(from_host, 9, 53);
  CHECK(realm.told_of(x1, address));
  CHECK(realm.told_of(x1, port));  // another error
  CHECK(realm.told_of(x2, port));  // another host
  realm.now += 999ms;
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(realm.told_of(x1, i % 2 == 0 ? address : port));
  realm.now += 1ms;
  CHECK(realm.told_of(x1, address));
  CHECK_FALSE(realm.told_of(x1, address));
  // A new registration knows nothing of the one before.
  (void)realm.ask<wire::DeregisterResponse>(x1, deregister(one));
  (void)realm.lease_ports(x1, realm.enroll(x1));
  CHECK(realm.told_of(x1, address));
}

TEST_CASE("misuse: nobody is told where it is not known whose the packet is") {
  Misuse realm;
  (void)realm.lease_ports(x1, realm.enroll(x1));
  realm.gateway->denied(0, udp(from_host, 9, 53), realm.now);
  realm.gateway->denied(4711, udp(from_host, 9, 53), realm.now);
  realm.gateway->denied(realm.device_of(x1), {}, realm.now);
  realm.gateway->tunnel_refused({}, realm.now);
  CHECK_FALSE(realm.told());
}

TEST_CASE("misuse: a host with a key is told under seal, over its own transport") {
  Misuse realm;
  const auth::Key key = *auth::parse_key("the hosts' own secret");
  auth::KeyTable keys;
  keys.add({{0x0a000000}, 8}, key);
  auth::Stamp clock{1'000'000'000us};
  realm.gateway->set_authenticator(gateway::Authenticator(std::move(keys), 10, [&] { return clock; }));
  auth::HostEnd host(key, {x1, na});
  const Peer peer{x1, 5000, na, Transport::udp};
  std::uint32_t counter = 0;
  const auto ask = [&](wire::Message request) {
    std::visit([&](auto& any) { any.counter = Counter{++counter}; }, request);
    clock += 1ms;
    const auto bytes = realm.gateway->handle(peer, host.seal_request(wire::encode(request), clock), realm.now);
    REQUIRE(bytes);
    return *wire::decode(*bytes);
  };
  const ClientId client = std::get<wire::RegisterResponse>(ask(wire::RegisterRequest{})).client;
  (void)ask(rsap(client, wire::AnyPorts{4}));
  realm.gateway->denied(realm.device_of(x1), udp({x1, y}, 9, 53), realm.now);
  const std::vector<gateway::Unasked> unasked = realm.gateway->take_unasked();
  REQUIRE(unasked.size() == 1);
  CHECK(unasked[0].to.port == 5000);
  CHECK(unasked[0].to.transport == Transport::udp);
  CHECK(host.accepts(unasked[0].message, clock));
}

}  // namespace gateway_misuse_test
