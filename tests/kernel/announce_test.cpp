// SPDX-License-Identifier: GPL-2.0-or-later
// Who answers ARP for a whole address, and where the gateway would send a packet for it.
#include "steer/announce.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "namespace.hpp"
#include "realm.hpp"
#include "steer/interface.hpp"

namespace announce_test {

using namespace rsip;
using namespace rsip::test;

namespace {

/// Body of an ARP message for IPv4 over Ethernet (RFC 826).
struct [[gnu::packed]] ArpBody {
  std::uint8_t sender_mac[6];
  std::uint32_t sender;
  std::uint8_t target_mac[6];
  std::uint32_t target;
};

struct [[gnu::packed]] ArpMessage {
  arphdr header;
  ArpBody body;
};

/// A gateway with a public link and something that stands for a tunnel, and y on the link, who asks.
class Link {
 public:
  Link() {
    const Inside inside(gateway_);
    set_sysctl("ip_forward", "1");
    make_veth("wan", {2, 0, 0, 0, 0, 1}, "y", far_);
    make_veth("rsip1", {2, 0, 0, 0, 1, 1}, "x1", far_);
    speak_arp();
    set_sysctl("neigh/wan/proxy_delay", "0");
    add_address("wan", gateway_public, 24);
    tunnel = {"rsip1", index_of("rsip1")};
    const Inside there(far_);
    socket_ = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
    index_ = static_cast<int>(index_of("y"));
    REQUIRE(socket_ >= 0);
  }
  ~Link() { ::close(socket_); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Whether somebody at the gateway's end says that he has `address`.
  bool answers(Ipv4 address) const {
    using namespace std::chrono_literals;
    ask(address);
    const auto end = std::chrono::steady_clock::now() + 300ms;
    for (auto left = 300ms; left > 0ms;
         left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now())) {
      pollfd wait{socket_, POLLIN, 0};
      if (::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return false;
      ArpMessage answer{};
      if (::recv(socket_, &answer, sizeof(answer), 0) != sizeof(answer)) continue;
      if (ntohs(answer.header.ar_op) == ARPOP_REPLY && ntohl(answer.body.sender) == address.value) return true;
    }
    return false;
  }

  steer::Announcer announcer() const {
    const Inside inside(gateway_);
    Result<steer::Announcer> opened = steer::Announcer::open({"wan"});
    REQUIRE(opened);
    return std::move(*opened);
  }

  /// A type of route and an interface index; a type of 0 where there is no route.
  steer::RoutingDecision route_to(Ipv4 address) const {
    const Inside inside(gateway_);
    netlink::Socket socket = rtnetlink();
    const Result<std::optional<steer::RoutingDecision>> found = steer::routing_decision(socket, address);
    REQUIRE(found);
    return found->value_or(steer::RoutingDecision{});
  }

  void request(netlink::Message& message) const {
    const Inside inside(gateway_);
    const Result<void> done = rtnetlink().request(message, "set up a test");
    REQUIRE_MESSAGE(done, done.error().text());
  }

  const Namespace& gateway() const { return gateway_; }

  steer::Device tunnel;

 private:
  static netlink::Socket rtnetlink() {
    Result<netlink::Socket> opened = netlink::Socket::open(NETLINK_ROUTE);
    REQUIRE(opened);
    return std::move(*opened);
  }

  /// make_veth() makes devices that do not.
  static void speak_arp() {
    netlink::Message message(RTM_NEWLINK, 0);
    ifinfomsg& header = message.header<ifinfomsg>();
    header.ifi_index = static_cast<int>(index_of("wan"));
    header.ifi_change = IFF_NOARP;
    REQUIRE(rtnetlink().request(message, "speak ARP"));
  }

  void ask(Ipv4 address) const {
    ArpMessage question{};
    question.header = {htons(ARPHRD_ETHER), htons(ETH_P_IP), 6, 4, htons(ARPOP_REQUEST)};
    question.body.sender_mac[0] = 2;
    question.body.sender = htonl(y_public.value);
    question.body.target = htonl(address.value);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(ETH_P_ARP);
    to.sll_ifindex = index_;
    to.sll_halen = 6;
    std::memset(to.sll_addr, 0xff, 6);
    REQUIRE(::sendto(socket_, &question, sizeof(question), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)) > 0);
  }

  Namespace gateway_;
  Namespace far_;
  int socket_ = -1;
  int index_ = 0;
};

void check_ok(const Result<void>& result) {
  CHECK_MESSAGE(result, (result ? "" : result.error().text()));
}

/// What `ip neigh add proxy` does.
void add_proxy(const Link& link, Ipv4 address) {
  netlink::Message message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL);
  ndmsg& header = message.header<ndmsg>();
  header.ndm_family = AF_INET;
  header.ndm_flags = NTF_PROXY;
  header.ndm_state = NUD_PERMANENT;
  {
    const Inside inside(link.gateway());
    header.ndm_ifindex = static_cast<int>(index_of("wan"));
  }
  message.put_address(NDA_DST, address);
  link.request(message);
}

}  // namespace

TEST_CASE("announce: the public link is answered for the address until it is withdrawn") {
  const Link link;
  steer::Announcer announcer = link.announcer();
  CHECK_FALSE(link.answers(x1_whole));
  check_ok(announcer.announce(x1_whole, link.tunnel));
  CHECK(link.answers(x1_whole));
  CHECK_FALSE(link.answers(x2_whole));
  CHECK(link.route_to(x1_whole).device == link.tunnel.index);
  check_ok(announcer.announce(x1_whole, link.tunnel));  // nothing to do
  check_ok(announcer.withdraw(x1_whole, link.tunnel));
  CHECK_FALSE(link.answers(x1_whole));
  CHECK(link.route_to(x1_whole).device != link.tunnel.index);
  check_ok(announcer.withdraw(x1_whole, link.tunnel));  // nothing to do
}

TEST_CASE("announce: what is this machine's own is left alone") {
  const Link link;
  {
    const Inside inside(link.gateway());
    add_address("wan", x1_whole, 32);
  }
  steer::Announcer announcer = link.announcer();
  check_ok(announcer.announce(x1_whole, link.tunnel));
  CHECK(link.route_to(x1_whole).type == RTN_LOCAL);
  check_ok(announcer.withdraw(x1_whole, link.tunnel));
  CHECK(link.route_to(x1_whole).type == RTN_LOCAL);
  CHECK(link.answers(x1_whole));
}

TEST_CASE("announce: an administrator's blackhole loses and comes back") {
  const Link link;
  {
    const Inside inside(link.gateway());
    add_route(x1_whole, 32, RTN_BLACKHOLE);
    add_route({x2_whole.value & ~1U}, 31, RTN_BLACKHOLE);
  }
  steer::Announcer announcer = link.announcer();
  for (const Ipv4 address : {x1_whole, x2_whole}) {
    check_ok(announcer.announce(address, link.tunnel));
    CHECK(link.route_to(address).device == link.tunnel.index);
    CHECK(link.answers(address));
    check_ok(announcer.withdraw(address, link.tunnel));
    CHECK(link.route_to(address).type == RTN_BLACKHOLE);
  }
}

TEST_CASE("announce: an administrator's proxy entry stays") {
  const Link link;
  add_proxy(link, x1_whole);
  steer::Announcer announcer = link.announcer();
  check_ok(announcer.announce(x1_whole, link.tunnel));
  CHECK(link.answers(x1_whole));
  check_ok(announcer.withdraw(x1_whole, link.tunnel));
  check_ok(announcer.announce_only({}));
  {
    const Inside inside(link.gateway());
    add_route(x1_whole, 32, RTN_UNICAST, "rsip1");
  }
  CHECK(link.answers(x1_whole));
}

TEST_CASE("announce: leftovers are removed, and only ours") {
  const Link link;
  add_proxy(link, x2_whole);
  steer::Announcer announcer = link.announcer();
  check_ok(announcer.announce(x1_whole, link.tunnel));
  check_ok(link.announcer().announce_only({}));
  CHECK_FALSE(link.answers(x1_whole));
  {
    const Inside inside(link.gateway());
    add_route(x2_whole, 32, RTN_UNICAST, "rsip1");
  }
  CHECK(link.answers(x2_whole));
}

TEST_CASE("announce: what cannot be leaves nothing behind") {
  const Link link;
  steer::Announcer announcer = link.announcer();
  CHECK_FALSE(announcer.announce(x1_whole, {"rsip9", 999}));

  // Policy routing that leads the address elsewhere.
  netlink::Message route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  rtmsg& destination = route.header<rtmsg>();
  destination.rtm_family = AF_INET;
  destination.rtm_dst_len = 32;
  destination.rtm_table = 100;
  destination.rtm_protocol = RTPROT_STATIC;
  destination.rtm_type = RTN_PROHIBIT;
  route.put_address(RTA_DST, x1_whole);
  link.request(route);
  netlink::Message rule(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
  fib_rule_hdr& lookup = rule.header<fib_rule_hdr>();
  lookup.family = AF_INET;
  lookup.table = 100;
  lookup.action = FR_ACT_TO_TBL;
  rule.put_u32(FRA_PRIORITY, 10);
  link.request(rule);
  const Result<void> refused = announcer.announce(x1_whole, link.tunnel);
  REQUIRE_FALSE(refused);
  CHECK_MESSAGE(refused.error().text().find("another route is preferred") != std::string::npos, refused.error().text());
  netlink::Message no_rule(RTM_DELRULE, 0);
  no_rule.header<fib_rule_hdr>() = lookup;
  no_rule.put_u32(FRA_PRIORITY, 10);
  link.request(no_rule);
  CHECK(link.route_to(x1_whole).device != link.tunnel.index);
  CHECK_FALSE(link.answers(x1_whole));
}

}  // namespace announce_test
