// SPDX-License-Identifier: GPL-2.0-or-later
// What hosts may send, and what is stopped.
#include <doctest/doctest.h>
#include <poll.h>

#include <cerrno>

#include "realm.hpp"
#include "ruleset_view.hpp"
#include "skip.hpp"
#include "steer/queue.hpp"
#include "steer/ruleset.hpp"

namespace policing_test {

using namespace rsip;
using namespace rsip::test;

namespace {

constexpr Header from_host{gateway_public, y_public};

/// Waits until something is queued, then has it judged.
void judge(steer::Queue& queue, const std::function<steer::Verdict(const steer::QueuedPacket&)>& handler) {
  pollfd wait{queue.fd(), POLLIN, 0};
  REQUIRE(::poll(&wait, 1, 2000) == 1);
  REQUIRE(queue.read(handler));
}

Result<void> load_nat() {
  return steer::load(
      "table ip nat {\n chain out {\n  type nat hook postrouting priority srcnat; policy accept;\n"
      "  oifname \"wan\" ip protocol { tcp, udp } masquerade to :1024-19999\n }\n}\n");
}

}  // namespace

TEST_CASE("policing: what a host leases leaves as the host made it") {
  Realm realm;
  realm.lease_to_hosts();
  for (const Packet& packet : {udp(from_host, x1_port, 53), tcp(from_host, x1_port, 80), esp(from_host, 0xc0000001),
                               ah(from_host, 0xc0000002), ike(from_host, x1_cookie)}) {
    realm.x1->send(packet);
    CHECK(realm.y->receive() == forwarded(packet));
  }
  const Packet whole = udp(from_host, x1_port, 53, 3000);
  realm.x1->send(fragments(whole, tunnel_mtu));
  CHECK(joined_payload(realm.y->receive_pieces()) == Packet(whole.begin() + 20, whole.end()));
}

TEST_CASE("policing: ports and addresses of others are stopped and counted") {
  Realm realm;
  realm.lease_to_hosts();
  realm.x2->send({udp(from_host, x1_port, 53), tcp(from_host, x1_port, 80), udp(from_host, 40007, 53),
                  udp({x2_private, y_public}, x2_port, 53), udp({{gateway_public.value + 5}, y_public}, x2_port, 53)});
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_port") == 5);
  realm.x2->send(udp(from_host, x2_port, 53));
  CHECK_FALSE(realm.y->receive().empty());
}

TEST_CASE("policing: a shared address is no source outside a tunnel, whoever leases it") {
  Realm realm;
  realm.lease_to_hosts();
  realm.x3->send({udp(from_host, x1_port, 53), udp(from_host, 9, 53), esp(from_host, 0xc0000001)});
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_untunnelled") == 3);
  const Packet other = udp({{gateway_public.value + 5}, y_public}, 9, 53);
  realm.x3->send(other);
  CHECK(realm.y->receive() == forwarded(other));
}

TEST_CASE("policing: fragments cannot hide a port") {
  Realm realm;
  realm.lease_to_hosts();
  realm.x2->send(fragments(udp(from_host, x1_port, 53, 3000), tunnel_mtu));
  std::vector<Packet> tail = fragments(udp({gateway_public, y_public, 64, false, 99}, x1_port, 53, 3000), tunnel_mtu);
  tail.erase(tail.begin());
  realm.x2->send(tail);
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_port") == 1);
}

TEST_CASE("policing: IPsec needs a lease of its own") {
  Realm realm;
  realm.lease_to_hosts();
  realm.x2->send({esp(from_host, 0xc0000001), ah(from_host, 0xc0000002), ike(from_host, 0x3333),
                  ike(from_host, x1_cookie), udp(from_host, 500, 4000)});
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_ipsec") == 5);
  CHECK(realm.counter("queued_cookie") == 0);
}

TEST_CASE("policing: other protocols are stopped, towards the gateway too") {
  Realm realm;
  realm.lease_to_hosts();
  realm.x1->send({icmp_echo_reply(from_host), icmp_echo_reply({gateway_public, gateway_private}),
                  ipip(from_host, esp(from_host, 1))});
  CHECK(realm.y->silent());
  CHECK(realm.x1->silent());
  CHECK(realm.counter("denied_protocol") == 3);
}

TEST_CASE("policing: nothing but IPv4 comes through GRE") {
  Realm realm;
  realm.lease_to_hosts();
  const Packet ipv4 = gre({x3_private, gateway_private}, udp(from_host, x1_port, 53));
  Packet ipv6 = ipv4;
  ipv6[22] = 0x86;
  ipv6[23] = 0xdd;
  realm.x3->send(ipv4);
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_protocol") == 0);
  realm.x3->send(ipv6);
  CHECK(realm.y->silent());
  CHECK(realm.counter("denied_protocol") == 1);
}

TEST_CASE("policing: hosts' packets never enter conntrack or NAT") {
  Realm realm;
  realm.lease_to_hosts();
  {
    const Inside inside(realm.gateway);
    REQUIRE(load_nat());
  }
  const Packet packet = udp(from_host, x1_port, 53);
  realm.x1->send(packet);
  CHECK(realm.y->receive() == forwarded(packet));
}

TEST_CASE("policing: the first packet of an IKE exchange waits for a verdict") {
  if (!kernel_has_queue())
    return skip("policing: the first packet of an IKE exchange waits for a verdict", "no nft_queue");
  Realm realm;
  realm.lease_to_hosts();
  const Packet first = ike(from_host, 0x4444444444444444, 400);
  realm.x1->send(first);  // nobody listens: closed
  CHECK(realm.y->silent());

  Result<steer::Queue> queue = [&] {
    const Inside inside(realm.gateway);
    return steer::Queue::open(queue_number);
  }();
  REQUIRE_MESSAGE(queue, queue.error().text());
  {
    const Inside inside(realm.gateway);
    const Result<steer::Queue> second = steer::Queue::open(queue_number);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == EPERM);
    REQUIRE(load_nat());
  }

  realm.x1->send(first);
  int seen = 0;
  judge(*queue, [&](const steer::QueuedPacket& packet) {
    ++seen;
    CHECK(packet.in_ifindex == realm.rsip1.index);
    CHECK(Packet(packet.payload.begin(), packet.payload.end()) == Packet(first.begin(), first.begin() + 128));
    return steer::Verdict::accept;
  });
  CHECK(seen == 1);
  CHECK(realm.y->receive() == forwarded(first));  // whole, and not translated

  realm.x1->send(first);
  judge(*queue, [](const steer::QueuedPacket&) { return steer::Verdict::drop; });
  CHECK(realm.y->silent());
  REQUIRE(queue->read([](const steer::QueuedPacket&) { return steer::Verdict::accept; }));  // nothing waits: no block

  // A refused cookie shows in the rules' own counter.
  realm.x1->send(first);
  judge(*queue, [](const steer::QueuedPacket&) { return steer::Verdict::refuse_cookie; });
  CHECK(realm.y->silent());
  CHECK(realm.counter("cookie_in_use") == 1);

  // A cookie that has been taken up needs no verdict any more.
  realm.x1->send(ike(from_host, x1_cookie));
  CHECK_FALSE(realm.y->receive().empty());
  CHECK(realm.counter("queued_cookie") == 4);
}

TEST_CASE("policing: a queue that nobody reads overflows without harm") {
  if (!kernel_has_queue()) return skip("policing: a queue that nobody reads overflows without harm", "no nft_queue");
  Realm realm;
  realm.lease_to_hosts();
  Result<steer::Queue> queue = [&] {
    const Inside inside(realm.gateway);
    return steer::Queue::open(queue_number);
  }();
  REQUIRE_MESSAGE(queue, queue.error().text());
  {  // else one host could not fill it
    const Inside inside(realm.gateway);
    REQUIRE(steer::load("flush chain ip rsip queue_cookie\nadd rule ip rsip queue_cookie notrack queue num " +
                        std::to_string(queue_number) + "\n"));
  }
  const std::uint32_t sent = steer::Queue::length + 500;
  for (std::uint32_t i = 0; i < sent; ++i) realm.x1->send(ike(from_host, 0x5000 + i));
  std::uint32_t seen = 0;
  const auto drop = [&](const steer::QueuedPacket&) {
    ++seen;
    return steer::Verdict::drop;
  };
  judge(*queue, drop);
  CHECK(seen > 0);
  CHECK(seen <= steer::Queue::batch);
  for (std::uint32_t before = 0; before != seen;) {
    before = seen;
    REQUIRE(queue->read(drop));
  }
  CHECK(seen <= steer::Queue::length);
  realm.x1->send(ike(from_host, 0x4999));
  judge(*queue, [](const steer::QueuedPacket&) { return steer::Verdict::accept; });
  CHECK_FALSE(realm.y->receive().empty());
}

}  // namespace policing_test
