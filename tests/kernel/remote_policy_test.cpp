// SPDX-License-Identifier: GPL-2.0-or-later
// Leases for one remote (RFC 3103 section 7.2): what they let in and out, and what ends here because the remote, or the
// remote's port, is another.
#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include "realm.hpp"

namespace remote_policy_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

constexpr Ipv4 z_public{y_public.value + 1};  // another remote, on the same wire as y
constexpr std::uint16_t y_port = 7000;
const std::optional<Remote> macro = Remote{y_public, std::nullopt};
const std::optional<Remote> micro = Remote{y_public, Port{y_port}};
const steer::Owner one{ClientId{1}, BindId{1}, x1_private};
const steer::Owner two{ClientId{2}, BindId{1}, x2_private};

void lease(Realm& realm, const steer::Elements& elements) {
  steer::Transaction transaction;
  transaction.add(elements);
  realm.commit(transaction);
}

/// y or z sends, x1 receives.
void check_in(Realm& realm, const std::vector<Packet>& packets) {
  for (const Packet& packet : packets) {
    realm.y->send(packet);
    CHECK(realm.x1->receive() == forwarded(packet));
  }
}

/// x1 sends, y or z receives.
void check_out(Realm& realm, const std::vector<Packet>& packets) {
  for (const Packet& packet : packets) {
    realm.x1->send(packet);
    CHECK(realm.y->receive() == forwarded(packet));
  }
}

void check_not_in(Realm& realm, const std::vector<Packet>& packets) {
  realm.y->send(packets);
  CHECK(realm.x1->silent());
}

void check_not_out(Realm& realm, const std::vector<Packet>& packets) {
  realm.x1->send(packets);
  CHECK(realm.y->silent());
}

/// ICMP errors by a router on the way, about what x1 sent.
std::vector<Packet> errors_about(const std::vector<Packet>& sent) {
  std::vector<Packet> errors;
  errors.reserve(sent.size());
  for (const Packet& packet : sent) {
    const Ipv4 host{static_cast<std::uint32_t>(packet[12] << 24 | packet[13] << 16 | packet[14] << 8 | packet[15])};
    errors.push_back(icmp_unreachable({{0xcb007101}, host}, packet));
  }
  return errors;
}

/// The gateway itself answers what is nobody's and closed here; that is not what the tests look at.
void forget_answers(const Realm& realm) {
  while (!realm.y->receive(50ms).empty()) continue;
}

}  // namespace

TEST_CASE("remote policy: a port for one remote") {
  Realm realm;
  lease(realm, steer::port_elements(realm.rsip1, gateway_public, Port{x1_port}, one, 1h, macro));
  const Header from_y{y_public, gateway_public};
  const Header from_z{z_public, gateway_public};
  const Header to_y{gateway_public, y_public};
  const Header to_z{gateway_public, z_public};
  check_in(realm, {udp(from_y, 53, x1_port), udp(from_y, 99, x1_port), tcp(from_y, 80, x1_port),
                   udp(from_y, 53, x1_port, tunnel_mtu - 28)});
  check_not_in(realm, {udp(from_z, 53, x1_port), tcp(from_z, 80, x1_port), udp(from_y, 53, x1_port + 1)});
  check_in(realm, errors_about({udp(to_y, x1_port, 53), tcp(to_y, x1_port, 80)}));
  check_not_in(realm, errors_about({udp(to_z, x1_port, 53), tcp(to_z, x1_port, 80), udp(to_y, x1_port + 1, 53)}));
  forget_answers(realm);
  check_out(realm, {udp(to_y, x1_port, 53), udp(to_y, x1_port, 99), tcp(to_y, x1_port, 80)});
  check_not_out(realm, {udp(to_z, x1_port, 53), tcp(to_z, x1_port, 80), udp(to_y, x1_port + 1, 53)});
  CHECK(realm.counter("denied_port") == 3);
}

TEST_CASE("remote policy: a port for one port of one remote") {
  Realm realm;
  lease(realm, steer::port_elements(realm.rsip1, gateway_public, Port{x1_port}, one, 1h, micro));
  const Header from_y{y_public, gateway_public};
  const Header to_y{gateway_public, y_public};
  const Header to_z{gateway_public, z_public};
  check_in(realm, {udp(from_y, y_port, x1_port), tcp(from_y, y_port, x1_port)});
  check_not_in(realm, {udp(from_y, 53, x1_port), tcp(from_y, x1_port, y_port), udp(from_y, y_port, x1_port + 1),
                       udp({z_public, gateway_public}, y_port, x1_port)});
  check_in(realm, errors_about({udp(to_y, x1_port, y_port), tcp(to_y, x1_port, y_port)}));
  check_not_in(realm, errors_about({udp(to_y, x1_port, 53), udp(to_y, y_port, x1_port), udp(to_z, x1_port, y_port)}));
  forget_answers(realm);
  check_out(realm, {udp(to_y, x1_port, y_port), tcp(to_y, x1_port, y_port)});
  check_not_out(realm, {udp(to_y, x1_port, 53), tcp(to_y, y_port, x1_port), udp(to_z, x1_port, y_port)});
  CHECK(realm.counter("denied_port") == 3);
}

TEST_CASE("remote policy: fragments are put together before they are looked at") {
  Realm realm;
  lease(realm, steer::port_elements(realm.rsip1, gateway_public, Port{x1_port}, one, 1h, micro));
  const Packet in = udp({y_public, gateway_public}, y_port, x1_port, 3000);
  realm.y->send(fragments(in, 1500));
  CHECK(joined_payload(realm.x1->receive_pieces()) == Packet(in.begin() + 20, in.end()));
  const Packet out = udp({gateway_public, y_public}, x1_port, y_port, 3000);
  realm.x1->send(fragments(out, tunnel_mtu));
  CHECK(joined_payload(realm.y->receive_pieces()) == Packet(out.begin() + 20, out.end()));
  realm.x1->send(fragments(udp({gateway_public, z_public, 64, false, 9}, x1_port, y_port, 3000), tunnel_mtu));
  CHECK(realm.y->silent());
}

TEST_CASE("remote policy: one port for two hosts, by remote") {
  Realm realm;
  lease(realm, steer::port_elements(realm.rsip1, gateway_public, Port{x1_port}, one, 1h, macro));
  lease(realm, steer::port_elements(realm.rsip2, gateway_public, Port{x1_port}, two, 1h, Remote{z_public, Port{53}}));
  const Packet from_z = udp({z_public, gateway_public}, 53, x1_port);
  realm.y->send(from_z);
  CHECK(realm.x2->receive() == forwarded(from_z));
  check_in(realm, {udp({y_public, gateway_public}, 53, x1_port)});
  const Packet to_z = udp({gateway_public, z_public}, x1_port, 53);
  realm.x2->send(to_z);
  CHECK(realm.y->receive() == forwarded(to_z));
  check_not_out(realm, {to_z});
}

TEST_CASE("remote policy: IPsec with one remote") {
  Realm realm;
  lease(realm, steer::spi_elements(realm.rsip1, gateway_public, Spi{x1_spi}, one, 1h, macro));
  lease(realm, steer::ipsec_elements(realm.rsip1, gateway_public, one, 1h, macro));
  lease(realm, steer::cookie_elements(realm.rsip1, gateway_public, Cookie{x1_cookie}, y_public, one, 1h, macro));
  const Header from_y{y_public, gateway_public};
  const Header from_z{z_public, gateway_public};
  const Header to_y{gateway_public, y_public};
  const Header to_z{gateway_public, z_public};
  check_in(realm, {esp(from_y, x1_spi), ah(from_y, x1_spi), ike(from_y, x1_cookie)});
  check_not_in(realm, {esp(from_z, x1_spi), ah(from_z, x1_spi), ike(from_z, x1_cookie), esp(from_y, x1_spi + 1),
                       ike(from_y, x1_cookie + 1)});
  CHECK(realm.counter("unknown_cookie") == 2);

  forget_answers(realm);
  const std::vector<Packet> sent = {ike(to_y, x1_cookie), esp(to_y, 0xc0ffee01), ah(to_y, 0xc0ffee02)};
  check_not_in(realm, errors_about({sent[1], sent[2]}));  // not before they are sent
  check_out(realm, sent);
  check_in(realm, errors_about(sent));
  const std::vector<Packet> to_another = {ike(to_z, x1_cookie), esp(to_z, 0xc0ffee01), ah(to_z, 0xc0ffee02)};
  check_not_out(realm, to_another);
  check_not_in(realm, errors_about(to_another));
  CHECK(realm.counter("denied_ipsec") == 3);

  // A first packet waits for rsipd's verdict only where the remote is the right one.
  check_not_out(realm, {ike(to_y, 0x4444), ike(to_z, 0x4444)});
  CHECK(realm.counter("queued_cookie") == 1);
  CHECK(realm.counter("denied_ipsec") == 4);
}

TEST_CASE("remote policy: ICMP with one remote") {
  Realm realm;
  lease(realm, steer::port_elements(realm.rsip1, gateway_public, Port{x1_port}, one, 1h, macro));
  lease(realm, steer::echo_elements(realm.rsip1, gateway_public, one, 1h, macro));
  lease(realm, steer::ipsec_elements(realm.rsip1, gateway_public, one, 1h, Remote{z_public, Port{500}}));
  lease(realm, steer::cookie_elements(realm.rsip1, gateway_public, Cookie{x1_cookie}, y_public, one, 1h, macro));
  const Header from_y{y_public, gateway_public};
  const Header from_z{z_public, gateway_public};
  const Header to_y{gateway_public, y_public};
  const Header to_z{gateway_public, z_public};
  check_out(realm, {icmp_echo(to_y, 1), icmp_echo(to_z, 1)});
  check_not_out(realm, {icmp_echo({gateway_public, {z_public.value + 1}}, 1)});
  check_in(realm, {icmp_echo_reply(from_y, 1), icmp_echo_reply(from_z, 1)});
  check_out(realm, {icmp_unreachable(to_y, udp(from_y, 53, x1_port)), icmp_unreachable(to_y, ike(from_y, x1_cookie)),
                    icmp_unreachable(to_z, esp(from_z, x1_spi))});
  check_not_out(realm, {icmp_unreachable(to_z, udp(from_z, 53, x1_port)),
                        icmp_unreachable(to_z, ike(from_z, x1_cookie)), icmp_unreachable(to_y, esp(from_y, x1_spi))});
  CHECK(realm.counter("denied_protocol") == 4);
}

TEST_CASE("remote policy: a whole address for one remote") {
  Realm realm;
  lease(realm, steer::address_elements(realm.rsip1, x1_whole, one, 1h, macro));
  {
    const Inside inside(realm.gateway);
    add_route(x1_whole, 32, RTN_UNICAST, "rsip1");  // as for every host with a whole address: not a way past the rules
  }
  const auto kinds = [](const Header& header) {
    return std::vector<Packet>{udp(header, 53, 9), tcp(header, 80, 9), ike(header, 0x1234),         esp(header, 0x1234),
                               ah(header, 0x1234), icmp_echo(header),  ipip(header, esp(header, 1))};
  };
  check_in(realm, kinds({y_public, x1_whole}));
  check_not_in(realm, kinds({z_public, x1_whole}));
  CHECK(realm.counter("denied_inbound") == 7);
  check_out(realm, kinds({x1_whole, y_public}));
  check_not_out(realm, kinds({x1_whole, z_public}));
  CHECK(realm.counter("denied_port") == 2);
  CHECK(realm.counter("denied_ipsec") == 3);
  CHECK(realm.counter("denied_protocol") == 2);
  check_in(realm, errors_about(kinds({x1_whole, y_public})));
  check_not_in(realm, errors_about(kinds({x1_whole, z_public})));
  CHECK(realm.counter("denied_inbound") == 14);
}

TEST_CASE("remote policy: a whole address for one port of one remote") {
  Realm realm;
  lease(realm, steer::address_elements(realm.rsip1, x1_whole, one, 1h, micro));
  {
    const Inside inside(realm.gateway);
    add_route(x1_whole, 32, RTN_UNICAST, "rsip1");
  }
  const Header from_y{y_public, x1_whole};
  const Header to_y{x1_whole, y_public};
  const Header to_z{x1_whole, z_public};
  check_in(realm, {udp(from_y, y_port, 9), tcp(from_y, y_port, 10), udp(from_y, y_port, 500)});
  check_not_in(realm, {udp(from_y, 53, y_port), tcp(from_y, 53, 9), udp({z_public, x1_whole}, y_port, 9),
                       esp(from_y, 1), icmp_echo(from_y)});
  CHECK(realm.counter("denied_inbound") == 5);
  check_out(realm, {udp(to_y, 9, y_port), tcp(to_y, 10, y_port), udp(to_y, 500, y_port)});
  check_not_out(realm, {udp(to_y, y_port, 53), tcp(to_z, 9, y_port), esp(to_y, 1), icmp_echo(to_y)});
  CHECK(realm.counter("denied_port") == 2);
  CHECK(realm.counter("denied_ipsec") == 1);
  CHECK(realm.counter("denied_protocol") == 1);
  check_in(realm, errors_about({udp(to_y, 9, y_port), tcp(to_y, 10, y_port)}));
  check_not_in(realm, errors_about({udp(to_y, y_port, 53), udp(to_z, 9, y_port), esp(to_y, 1)}));
}

TEST_CASE("remote policy: a lease without a remote is asked first") {
  Realm realm;
  realm.lease_to_hosts();
  lease(realm, steer::port_elements(realm.rsip2, gateway_public, Port{x1_port}, two, 1h, macro));
  check_in(realm, {udp({y_public, gateway_public}, 53, x1_port)});
  realm.remove_fast_path();
  check_in(realm, {udp({y_public, gateway_public}, 53, x1_port)});
}

}  // namespace remote_policy_test
