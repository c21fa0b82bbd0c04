// SPDX-License-Identifier: GPL-2.0-or-later
// The host's state machine against answers that the test makes up, on a clock that the test turns: registration and the
// first binding. Further ones are in host_bindings_test.cpp.
#include "host_session_fixture.hpp"
#include "wire/cookie_prefix.hpp"

namespace host_session_test {

using namespace host_session;

TEST_CASE("session: registers, then asks for an address, ports and SPIs in one request") {
  Fixture fixture;
  fixture.start();
  fixture.register_ok();
  const auto request = fixture.sent<wire::AssignRequestRsipsec>();
  CHECK(request.client == client);
  CHECK(std::holds_alternative<wire::AnyAddress>(request.local));
  CHECK(request.local_ports == wire::Ports(wire::AnyPorts{8}));
  CHECK(request.spis == wire::Spis(wire::AnySpis{16}));
  CHECK_FALSE(request.lease.has_value());
  fixture.now += 1s;
  fixture.receive(Fixture::assigned());
  const auto* granted = fixture.last<Granted>();
  REQUIRE(granted != nullptr);
  CHECK(granted->grant.address == address);
  CHECK(granted->grant.ports == std::vector{ports});
  CHECK(granted->grant.spis == std::vector{spis});
  CHECK(fixture.session.held()->expires == TimePoint(1100s));  // from when the request went out
  CHECK(fixture.session.deadline() == TimePoint(1050s));
}

TEST_CASE("session: without ports it says 'don't need', RSAP-IP is asked for without SPIs") {
  Fixture no_ports(Protocol::tcp, {.ports = 0, .spis = 4, .lease = LeaseTime(60)});
  no_ports.start();
  no_ports.register_ok();
  const auto ipsec = no_ports.sent<wire::AssignRequestRsipsec>();
  CHECK(std::holds_alternative<wire::NoPorts>(ipsec.local_ports));
  CHECK(std::holds_alternative<wire::NoPorts>(ipsec.remote_ports));
  CHECK(ipsec.lease == LeaseTime(60));

  Fixture no_spis(Protocol::tcp, {.kind = Kind::rsap_ip, .ports = 2});
  no_spis.start();
  no_spis.register_ok();
  CHECK(no_spis.sent<wire::AssignRequestRsapIp>().local_ports == wire::Ports(wire::AnyPorts{2}));
}

TEST_CASE("session: half the lease later it is extended, again and again") {
  Fixture fixture;
  fixture.up();
  fixture.sleep();
  CHECK(fixture.now == TimePoint(1050s));
  const auto request = fixture.sent<wire::ExtendRequest>();
  CHECK(request.client == client);
  CHECK(request.bind == binding);
  fixture.now += 2s;
  fixture.receive(extended(60));
  CHECK(fixture.has<Extended>());
  CHECK(fixture.session.held()->expires == TimePoint(1110s));
  fixture.sleep();
  CHECK(fixture.now == TimePoint(1080s));
  fixture.sent<wire::ExtendRequest>();
}

TEST_CASE("session: refused, it names the error and the request, and does not stay registered") {
  Fixture fixture;
  fixture.start();
  SUBCASE("registration") {
    fixture.receive(error(ErrorCode::registration_denied));
    const auto reason = fixture.ended<Refused>();
    CHECK(reason.code == ErrorCode::registration_denied);
    CHECK(reason.request == MessageType::register_request);
  }
  SUBCASE("assignment") {
    fixture.register_ok();
    fixture.receive(error(ErrorCode::ipsec_unallowed));
    CHECK(fixture.sent<wire::DeregisterRequest>().client == client);
    fixture.receive(for_us<wire::DeregisterResponse>());
    const auto reason = fixture.ended<Refused>();
    CHECK(reason.code == ErrorCode::ipsec_unallowed);
    CHECK(reason.request == MessageType::assign_request_rsipsec);
  }
  CHECK(fixture.session.ended());
  CHECK_FALSE(fixture.session.deadline().has_value());
}

TEST_CASE("session: no answer ends it, over TCP after 10 s and over UDP after seven attempts") {
  Fixture tcp;
  tcp.start();
  tcp.sleep();
  CHECK(tcp.now == TimePoint(1010s));
  CHECK(tcp.has<Disconnect>());
  CHECK(tcp.ended<NoAnswer>().request == MessageType::register_request);

  Fixture udp(Protocol::udp);
  udp.start();
  int transmissions = 0;
  for (; udp.has<Transmit>(); ++transmissions) udp.sleep();
  CHECK(transmissions == 7);
  CHECK(udp.ended<NoAnswer>().request == MessageType::register_request);
}

TEST_CASE("session: an unreachable gateway ends it at once") {
  Fixture fixture;
  fixture.start();
  fixture.did(fixture.session.connection_failed(fixture.now));
  fixture.ended<NoAnswer>();
}

TEST_CASE("session: a crashed host's registration is removed first (RFC 3103 section 10.2.1)") {
  Fixture fixture;
  fixture.start();
  fixture.receive(error(ErrorCode::already_registered, ClientId{99}));
  CHECK(fixture.sent<wire::DeregisterRequest>().client == ClientId{99});
  SUBCASE("which the gateway confirms") {
    wire::DeregisterResponse response;
    response.client = ClientId{99};
    fixture.receive(response);
  }
  SUBCASE("which the gateway has lost meanwhile") {
    fixture.receive(error(ErrorCode::register_first));
  }
  fixture.register_ok();
  fixture.receive(Fixture::assigned());
  CHECK(fixture.has<Granted>());
}

TEST_CASE("session: a gateway that stays 'already registered' is not asked for ever") {
  Fixture fixture;
  fixture.start();
  int removed = 0;
  while (!fixture.session.ended()) {
    fixture.receive(error(ErrorCode::already_registered, ClientId{99}));
    if (fixture.session.ended()) break;
    fixture.sent<wire::DeregisterRequest>();
    ++removed;
    fixture.receive(error(ErrorCode::bad_client_id));
  }
  CHECK(removed == 3);
  CHECK(fixture.ended<Refused>().code == ErrorCode::already_registered);
}

TEST_CASE("session: the cookie prefix is asked for again with the rest, and one that is not there ends the session") {
  constexpr CookiePrefix prefix{0xa5c30000, 16};
  Wish wish;
  wish.cookie_prefix = true;
  Fixture fixture(Protocol::tcp, wish);
  fixture.start();
  fixture.register_ok();
  CHECK(fixture.sent<wire::AssignRequestRsipsec>().vendor == std::vector{wire::cookie_prefix_wish()});
  wire::AssignResponseRsipsec response = Fixture::assigned();

  SUBCASE("granted, and then lost") {
    response.vendor = {wire::cookie_prefix_grant(prefix)};
    fixture.receive(response);
    CHECK(fixture.last<Granted>()->grant.cookie_prefix == prefix);
    fixture.sleep();
    fixture.receive(error(ErrorCode::bad_bind_id));
    CHECK(fixture.sent<wire::AssignRequestRsipsec>().vendor == std::vector{wire::cookie_prefix_wish(prefix)});
    response.vendor = {wire::cookie_prefix_grant({0x11110000, 16})};
    fixture.receive(response);
    CHECK(fixture.last<Granted>()->grant.cookie_prefix == CookiePrefix{0x11110000, 16});
  }
  SUBCASE("not granted: the lease is given back") {
    fixture.receive(response);
    CHECK(fixture.sent<wire::FreeRequest>().bind == binding);
    fixture.receive(freed());
    fixture.receive(for_us<wire::DeregisterResponse>());
    CHECK(fixture.ended<NotUnderstood>().text == "no cookie prefix (--ike-port 500 does without)");
  }
}

TEST_CASE("session: a gateway that lost its state gets a new registration (RFC 3103 section 10.2.2)") {
  Fixture fixture;
  fixture.lose_state(ErrorCode::register_first);
  const auto suggestion = fixture.sent<wire::AssignRequestRsipsec>();
  CHECK(suggestion.client == ClientId{8});
  CHECK(suggestion.local == wire::Address(address));
  CHECK(suggestion.local_ports == wire::Ports(ports));
  CHECK(suggestion.spis == wire::Spis(spis));

  SUBCASE("it grants the same") {
    const Grant before = fixture.session.held()->grant;
    fixture.receive(Fixture::assigned(ClientId{8}, BindId{1}));
    REQUIRE(fixture.has<Granted>());
    CHECK(fixture.last<Granted>()->grant.same_resources(before));
    CHECK(fixture.session.held()->expires == TimePoint(1150s));
    fixture.sleep();
    CHECK(fixture.sent<wire::ExtendRequest>().bind == BindId{1});
  }
  SUBCASE("it has given that away") {
    fixture.receive(error(ErrorCode::ipsec_spi_inuse));
    const auto anything = fixture.sent<wire::AssignRequestRsipsec>();
    CHECK(std::holds_alternative<wire::AnyAddress>(anything.local));
    CHECK(anything.spis == wire::Spis(wire::AnySpis{16}));
    wire::AssignResponseRsipsec response = Fixture::assigned(ClientId{8}, BindId{1});
    response.spis = Run<Spi>{Spi{0x10000100}, 16};
    fixture.receive(response);
    REQUIRE(fixture.has<Granted>());
    CHECK(fixture.last<Granted>()->grant.spis == std::vector{Run<Spi>{Spi{0x10000100}, 16}});
  }
  SUBCASE("it has nothing now: asked again while the old lease lasts") {
    fixture.receive(error(ErrorCode::ipsec_spi_inuse));
    fixture.receive(error(ErrorCode::ipsec_spi_unavailable));
    CHECK_FALSE(fixture.has<Transmit>());
    fixture.sleep();
    CHECK(fixture.now == TimePoint(1051s));
    CHECK(fixture.sent<wire::AssignRequestRsipsec>().client == ClientId{8});
    fixture.receive(Fixture::assigned(ClientId{8}, BindId{1}));
    CHECK(fixture.has<Granted>());
  }
  SUBCASE("it wants no more of this host") {
    fixture.receive(error(ErrorCode::ipsec_unallowed));
    CHECK(fixture.has<Withdraw>());
    CHECK(fixture.sent<wire::DeregisterRequest>().client == ClientId{8});
    fixture.receive(error(ErrorCode::internal_server_error));
    CHECK(fixture.ended<Refused>().code == ErrorCode::ipsec_unallowed);
  }
}

TEST_CASE("session: a wrong client ID means the same loss of state") {
  Fixture fixture;
  fixture.lose_state(ErrorCode::bad_client_id);
  CHECK(fixture.sent<wire::AssignRequestRsipsec>().spis == wire::Spis(spis));
}

TEST_CASE("session: a wrong bind ID means that just the binding is lost") {
  Fixture fixture;
  fixture.up();
  fixture.sleep();
  fixture.receive(error(ErrorCode::bad_bind_id));
  CHECK_FALSE(fixture.has<Withdraw>());
  const auto again = fixture.sent<wire::AssignRequestRsipsec>();
  CHECK(again.client == client);
  CHECK(again.local == wire::Address(address));
  CHECK(again.spis == wire::Spis(spis));
}

TEST_CASE("session: an unanswered renewal is repeated with growing pauses until the lease ends") {
  Fixture fixture;
  fixture.up();
  std::vector<std::chrono::nanoseconds> asked;
  while (!fixture.has<Withdraw>()) {
    fixture.sleep();
    if (fixture.has<Transmit>() && !fixture.has<Withdraw>()) {
      fixture.sent<wire::ExtendRequest>();
      asked.push_back(fixture.now - TimePoint(1000s));
    }
  }
  // half the lease, then 10 s of waiting and a pause of 1, 2, 4 ... s
  CHECK(asked == std::vector<std::chrono::nanoseconds>{50s, 61s, 73s, 87s});
  CHECK(fixture.now == TimePoint(1100s));
  fixture.sent<wire::DeregisterRequest>();
  fixture.sleep();
  fixture.ended<Expired>();
}

TEST_CASE("session: a renewal that the gateway declines is asked for again") {
  Fixture fixture;
  fixture.up();
  fixture.sleep();
  fixture.receive(error(ErrorCode::internal_server_error));
  fixture.sleep();
  CHECK(fixture.now == TimePoint(1051s));
  fixture.sent<wire::ExtendRequest>();
  fixture.receive(extended(100));
  CHECK(fixture.session.held()->expires == TimePoint(1151s));
}

TEST_CASE("session: hosts spread their retries") {
  Session session(Protocol::tcp, {}, 1);
  TimePoint now(1000s);
  session.start(now);
  wire::RegisterResponse registered;
  registered.client = client;
  session.received(wire::encode(registered), now);
  session.received(wire::encode(Fixture::assigned()), now);
  session.connection_failed(now);
  CHECK(session.deadline() == now + 1500ms);
}

TEST_CASE("session: a lost connection is made again soon, to learn whether the gateway still knows us") {
  Fixture fixture;
  fixture.up();
  fixture.now += 5s;
  fixture.did(fixture.session.connection_failed(fixture.now));
  CHECK(fixture.session.deadline() == TimePoint(1006s));
  fixture.sleep();
  fixture.sent<wire::ExtendRequest>();
  fixture.did(fixture.session.connection_failed(fixture.now));
  CHECK(fixture.session.deadline() == TimePoint(1008s));
  fixture.sleep();
  fixture.receive(extended(100));
  CHECK(fixture.session.held()->expires == TimePoint(1106s));  // the first of the two may be the one that was served
}

TEST_CASE("session: the gateway may end it at any moment") {
  Fixture fixture;
  fixture.up();
  SUBCASE("DE-REGISTER_RESPONSE") {
    fixture.receive(for_us<wire::DeregisterResponse>());
    CHECK(fixture.has<Withdraw>());
    CHECK_FALSE(fixture.has<Transmit>());
    CHECK(fixture.ended<Revoked>().by == MessageType::deregister_response);
  }
  SUBCASE("DE-REGISTER_RESPONSE in place of an answer") {
    fixture.sleep();
    fixture.sent<wire::ExtendRequest>();
    fixture.receive(for_us<wire::DeregisterResponse>());
    CHECK(fixture.ended<Revoked>().by == MessageType::deregister_response);
  }
  SUBCASE("FREE_RESPONSE: the registration goes too") {
    fixture.receive(freed());
    CHECK(fixture.has<Withdraw>());
    fixture.sent<wire::DeregisterRequest>();
    fixture.receive(for_us<wire::DeregisterResponse>());
    CHECK(fixture.ended<Revoked>().by == MessageType::free_response);
  }
}

TEST_CASE("session: what is about another client or binding changes nothing") {
  Fixture fixture;
  fixture.up();
  wire::DeregisterResponse other;
  other.client = ClientId{99};
  fixture.receive(other);
  CHECK(fixture.actions.empty());
  fixture.receive(freed(BindId{99}));
  CHECK(fixture.actions.empty());
  CHECK(fixture.session.deadline() == TimePoint(1050s));
}

TEST_CASE("session: over UDP only counter 0 is asynchronous") {
  Fixture fixture(Protocol::udp);
  fixture.start();
  wire::RegisterResponse registered;
  registered.client = client;
  registered.counter = Counter{1};
  fixture.receive(registered);
  CHECK(fixture.sent<wire::AssignRequestRsipsec>().counter == Counter{2});
  wire::AssignResponseRsipsec response = Fixture::assigned();
  response.counter = Counter{2};
  fixture.receive(response);
  REQUIRE(fixture.has<Granted>());
  auto forced = for_us<wire::DeregisterResponse>();
  forced.counter = Counter{2};
  fixture.receive(forced);
  CHECK(fixture.actions.empty());
  forced.counter = Counter{0};
  fixture.receive(forced);
  fixture.ended<Revoked>();
}

TEST_CASE("session: errors about the host's packets are told, not obeyed") {
  for (const Protocol protocol : {Protocol::tcp, Protocol::udp}) {
    Fixture fixture(protocol);
    if (protocol == Protocol::tcp) {
      fixture.up();
    } else {
      fixture.start();
      auto registered = for_us<wire::RegisterResponse>();
      registered.counter = Counter{1};
      fixture.receive(registered);
      wire::AssignResponseRsipsec assigned = Fixture::assigned();
      assigned.counter = Counter{2};
      fixture.receive(assigned);
    }
    const std::optional<TimePoint> deadline = fixture.session.deadline();
    for (const ErrorCode code :
         {ErrorCode::local_addr_unallowed, ErrorCode::local_addrport_unallowed, ErrorCode::remote_addr_unallowed,
          ErrorCode::remote_addrport_unallowed, ErrorCode::bad_tunnel_type, ErrorCode::register_first}) {
      wire::ErrorResponse about = error(code);
      about.counter = Counter{0};
      fixture.receive(about);
      CHECK(fixture.actions.size() == 1);
      REQUIRE(fixture.has<Notice>());
      CHECK(fixture.last<Notice>()->text == explain_report(about));
      CHECK(fixture.session.held().has_value());
      CHECK(fixture.session.deadline() == deadline);
    }
  }
}

TEST_CASE("session: bytes that are no message are discarded (RFC 3103 section 9.1.3)") {
  Fixture fixture;
  fixture.start();
  const std::vector<std::uint8_t> bytes{1, 3, 0, 4};
  fixture.did(fixture.session.received(bytes, fixture.now));
  CHECK(fixture.actions.empty());
  fixture.receive(for_us<wire::RegisterResponse>());
  fixture.sent<wire::AssignRequestRsipsec>();
}

TEST_CASE("session: a grant that cannot be used is given back (RFC 3103 section 9.9.3)") {
  Fixture fixture;
  fixture.start();
  fixture.register_ok();
  wire::AssignResponseRsipsec response = Fixture::assigned();
  std::string why;
  SUBCASE("too few ports") {
    response.local_ports = Run<Port>{Port{40000}, 1};
    why = "1 ports instead of 8";
  }
  SUBCASE("too few SPIs") {
    response.spis = Run<Spi>{Spi{0x10000010}, 2};
    why = "2 SPIs instead of 16";
  }
  SUBCASE("no IPv4 address") {
    response.local = wire::Fqdn{"n.example"};
    why = "no IPv4 address";
  }
  SUBCASE("a tunnel of another kind") {
    response.tunnel = wire::TunnelType::gre;
    why = "a tunnel type other than ipip";
  }
  SUBCASE("one remote host only") {
    response.remote = *parse_ipv4("203.0.113.9");
    why = "only one remote host, which was not asked for";
  }
  SUBCASE("another client's") {
    response.client = ClientId{99};
    why = "another host's client ID";
  }
  fixture.receive(response);
  CHECK_FALSE(fixture.has<Granted>());
  CHECK(fixture.sent<wire::FreeRequest>().bind == binding);
  fixture.receive(freed());
  fixture.sent<wire::DeregisterRequest>();
  fixture.receive(for_us<wire::DeregisterResponse>());
  CHECK(fixture.ended<NotUnderstood>().text == why);
}

TEST_CASE("session: stopped, it withdraws first and then de-registers") {
  Fixture fixture;
  fixture.up();
  fixture.did(fixture.session.stop(fixture.now));
  REQUIRE(fixture.actions.size() == 2);
  CHECK(std::holds_alternative<Withdraw>(fixture.actions[0]));
  CHECK(fixture.sent<wire::DeregisterRequest>().client == client);
  SUBCASE("and the gateway agrees") {
    fixture.receive(for_us<wire::DeregisterResponse>());
  }
  SUBCASE("and the gateway is gone") {
    fixture.sleep();
  }
  SUBCASE("and the connection is gone") {
    fixture.did(fixture.session.connection_failed(fixture.now));
  }
  fixture.ended<Stopped>();
}

TEST_CASE("session: stopped while it registers, it just ends") {
  Fixture fixture;
  fixture.start();
  fixture.did(fixture.session.stop(fixture.now));
  fixture.ended<Stopped>();
  fixture.did(fixture.session.stop(fixture.now));
  CHECK(fixture.actions.empty());
}

TEST_CASE("session: lists of ports and SPIs become runs") {
  Fixture fixture(Protocol::tcp, {.ports = 4, .spis = 3});
  fixture.start();
  fixture.register_ok();
  wire::AssignResponseRsipsec response = Fixture::assigned();
  response.local_ports = std::vector{Port{40003}, Port{40000}, Port{40001}, Port{40009}};
  response.spis = std::vector{Spi{0x20}, Spi{0x21}, Spi{0x22}};
  response.lease = LeaseTime(100);
  fixture.receive(response);
  REQUIRE(fixture.has<Granted>());
  const Grant& grant = fixture.last<Granted>()->grant;
  CHECK(grant.ports == std::vector<Run<Port>>{{Port{40000}, 2}, {Port{40003}, 1}, {Port{40009}, 1}});
  CHECK(grant.spis == std::vector<Run<Spi>>{{Spi{0x20}, 3}});
  // and back, when the same is asked for again
  const auto again = std::get<wire::AssignRequestRsipsec>(assign_request(client, {.ports = 4, .spis = 3}, &grant));
  CHECK(again.local_ports == wire::Ports(std::vector{Port{40000}, Port{40001}, Port{40003}, Port{40009}}));
  CHECK(again.spis == wire::Spis(Run<Spi>{Spi{0x20}, 3}));
}

}  // namespace host_session_test
