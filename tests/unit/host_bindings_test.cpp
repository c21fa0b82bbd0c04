// SPDX-License-Identifier: GPL-2.0-or-later
// Further bindings of a session: how they come, are renewed, lost, found again, and go.
#include "host_session_fixture.hpp"

namespace host_bindings_test {

using namespace host_session;

namespace {

constexpr CommandId command{1};
constexpr BindId second{4};

Wish server() {
  return {.kind = Kind::listen, .ports = 1, .spis = 0, .local_ports = {{Port{80}, 1}}};
}

wire::ListenResponse listening(ClientId id = client, BindId bind = second) {
  wire::ListenResponse response;
  response.client = id;
  response.bind = bind;
  response.local = address;
  response.local_ports = Run<Port>{Port{80}, 1};
  response.lease = LeaseTime(60);
  return response;
}

struct TwoBindings : Fixture {
  TwoBindings() {
    up();
    order(Assign{server()});
    receive(listening());
    REQUIRE(session.bindings().size() == 2);
  }
  void order(Order order, CommandId id = command) { did(session.command({id, std::move(order)}, now)); }
  /// The further binding, as the session has it.
  const Held& listener() const {
    REQUIRE(session.bindings().size() == 2);
    return *session.bindings().all().back().held;
  }
  template <typename Result>
  Result answered() const {
    const auto* answer = last<Answered>();
    REQUIRE(answer != nullptr);
    CHECK(answer->id == command);
    REQUIRE(std::holds_alternative<Result>(answer->outcome));
    return std::get<Result>(answer->outcome);
  }
  /// Both leases' renewals are due; the gateway has forgotten this host and registers it as client 8.
  void forget() {
    now = TimePoint(1050s);
    did(session.tick(now));
    receive(error(ErrorCode::register_first));
    receive(error(ErrorCode::register_first));
    register_ok(ClientId{8});
    CHECK(sent<wire::AssignRequestRsipsec>().spis == wire::Spis(spis));
  }
};

/// The times at which `count` extensions were asked for, each answered with a lease of 60 s.
std::vector<std::pair<BindId, TimePoint>> extensions(Fixture& fixture, std::size_t count) {
  std::vector<std::pair<BindId, TimePoint>> asked;
  while (asked.size() < count) {
    fixture.sleep();
    while (fixture.has<Transmit>()) {
      const auto request = fixture.sent<wire::ExtendRequest>();
      asked.emplace_back(request.bind, fixture.now);
      fixture.receive(extended(60, request.bind));
    }
  }
  return asked;
}

}  // namespace

TEST_CASE("bindings: each is extended when half of its own lease is over") {
  TwoBindings fixture;
  CHECK(fixture.listener().expires == TimePoint(1060s));
  CHECK(extensions(fixture, 4) == std::vector<std::pair<BindId, TimePoint>>{{second, TimePoint(1030s)},
                                                                            {binding, TimePoint(1050s)},
                                                                            {second, TimePoint(1060s)},
                                                                            {binding, TimePoint(1080s)}});
}

TEST_CASE("bindings: two that are due at once are asked about one after the other, the first one first") {
  TwoBindings fixture;
  fixture.now = TimePoint(1055s);
  fixture.did(fixture.session.tick(fixture.now));
  CHECK(fixture.sent<wire::ExtendRequest>().bind == binding);
  fixture.receive(extended(60));
  CHECK(fixture.last<Extended>()->grant.bind == binding);
  CHECK(fixture.sent<wire::ExtendRequest>().bind == second);
  fixture.receive(extended(60, second));
  CHECK(fixture.last<Extended>()->grant.bind == second);
  CHECK(fixture.listener().expires == TimePoint(1115s));
}

TEST_CASE("bindings: one that the gateway declines to extend does not hold up the other") {
  TwoBindings fixture;
  fixture.sleep();
  fixture.receive(error(ErrorCode::internal_server_error));
  fixture.sleep();
  CHECK(fixture.now == TimePoint(1031s));
  fixture.receive(error(ErrorCode::internal_server_error));
  CHECK(fixture.session.deadline() == TimePoint(1033s));
  fixture.now = TimePoint(1050s);
  fixture.did(fixture.session.tick(fixture.now));
  CHECK(fixture.sent<wire::ExtendRequest>().bind == binding);
}

TEST_CASE("bindings: one that ends while the gateway is away is withdrawn alone") {
  TwoBindings fixture;
  while (fixture.now < TimePoint(1060s)) {
    fixture.sleep();
    if (fixture.has<Transmit>()) fixture.did(fixture.session.connection_failed(fixture.now));
  }
  CHECK(fixture.has<Withdraw>());
  CHECK(fixture.last<Notice>() != nullptr);
  CHECK(fixture.session.bindings().size() == 1);
  CHECK(fixture.session.held().has_value());
  while (!fixture.session.ended()) {
    fixture.sleep();
    if (fixture.has<Transmit>()) fixture.did(fixture.session.connection_failed(fixture.now));
  }
  fixture.ended<Expired>();
}

TEST_CASE("bindings: the gateway may end one of them at any moment (RFC 3103 section 9.13)") {
  TwoBindings fixture;
  SUBCASE("while nothing is under way") {}
  SUBCASE("while it is being extended, which then comes to nothing") {
    fixture.sleep();
    CHECK(fixture.sent<wire::ExtendRequest>().bind == second);
    fixture.receive(freed(second));
    CHECK(fixture.session.bindings().size() == 1);
    fixture.receive(error(ErrorCode::bad_bind_id));
    CHECK_FALSE(fixture.has<Transmit>());
    CHECK(fixture.session.deadline() == TimePoint(1050s));
    return;
  }
  fixture.receive(freed(second));
  REQUIRE(fixture.has<Withdraw>());
  CHECK(fixture.last<Notice>()->text.find("FREE_RESPONSE") != std::string::npos);
  CHECK(fixture.session.bindings().size() == 1);
  CHECK_FALSE(fixture.has<Transmit>());
  CHECK_FALSE(fixture.session.ended());
}

TEST_CASE("bindings: the end of the first one, and DE-REGISTER_RESPONSE, end all") {
  TwoBindings fixture;
  SUBCASE("FREE_RESPONSE") {
    fixture.receive(freed());
    fixture.sent<wire::DeregisterRequest>();
    CHECK(fixture.session.bindings().grants().empty());
    fixture.receive(for_us<wire::DeregisterResponse>());
  }
  SUBCASE("DE-REGISTER_RESPONSE") {
    fixture.receive(for_us<wire::DeregisterResponse>());
    CHECK(fixture.has<Withdraw>());
  }
  fixture.ended<Revoked>();
  CHECK(fixture.session.bindings().grants().empty());
}

TEST_CASE("bindings: a gateway that lost its state is asked for all of them again (RFC 3103 section 10.2.2)") {
  TwoBindings fixture;
  fixture.forget();
  CHECK_FALSE(fixture.has<Withdraw>());
  CHECK(fixture.session.bindings().grants().size() == 2);
  fixture.receive(Fixture::assigned(ClientId{8}, BindId{1}));
  const auto again = fixture.sent<wire::ListenRequest>();
  CHECK(again.client == ClientId{8});
  CHECK(again.local == wire::Address(address));
  CHECK(again.local_ports == wire::Ports(Run<Port>{Port{80}, 1}));

  SUBCASE("granted") {
    fixture.receive(listening(ClientId{8}, BindId{2}));
    REQUIRE(fixture.has<Granted>());
    CHECK(fixture.listener().grant.bind == BindId{2});
    CHECK(fixture.listener().expires == TimePoint(1110s));
  }
  SUBCASE("given to another host meanwhile: dropped, and the others stay") {
    fixture.receive(error(ErrorCode::local_addrport_inuse));
    CHECK(fixture.has<Withdraw>());
    CHECK(fixture.last<Notice>()->text ==
          "binding 4 of 198.51.100.1 is gone: the gateway refused LISTEN_REQUEST (LOCAL_ADDRPORT_INUSE)");
    CHECK(fixture.session.bindings().size() == 1);
    CHECK_FALSE(fixture.has<Transmit>());
  }
  SUBCASE("not now: asked again while the old lease lasts") {
    fixture.receive(error(ErrorCode::internal_server_error));
    CHECK_FALSE(fixture.has<Withdraw>());
    fixture.sleep();
    CHECK(fixture.now == TimePoint(1051s));
    fixture.sent<wire::ListenRequest>();
    fixture.receive(listening(ClientId{8}, BindId{2}));
    CHECK(fixture.has<Granted>());
  }
  SUBCASE("granted something else: given back and dropped") {
    wire::ListenResponse other = listening(ClientId{8}, BindId{2});
    other.local_ports = Run<Port>{Port{81}, 1};
    fixture.receive(other);
    CHECK(fixture.has<Withdraw>());
    CHECK(fixture.sent<wire::FreeRequest>().bind == BindId{2});
    CHECK(fixture.session.bindings().size() == 1);
    wire::FreeResponse gone;
    gone.client = ClientId{8};
    gone.bind = BindId{2};
    fixture.receive(gone);
    CHECK_FALSE(fixture.session.ended());
  }
}

TEST_CASE("bindings: one that ran out while it was asked for again is given back") {
  TwoBindings fixture;
  fixture.forget();
  fixture.receive(Fixture::assigned(ClientId{8}, BindId{1}));
  fixture.sent<wire::ListenRequest>();
  fixture.now = TimePoint(1060s) - 1ms;
  fixture.now = TimePoint(1060s);
  fixture.did(fixture.session.tick(fixture.now));
  CHECK(fixture.has<Withdraw>());
  CHECK(fixture.session.bindings().size() == 1);
}

TEST_CASE("bindings: a wrong bind ID means that one is lost, and no other") {
  TwoBindings fixture;
  fixture.sleep();
  fixture.receive(error(ErrorCode::bad_bind_id));
  CHECK(fixture.sent<wire::ListenRequest>().local_ports == wire::Ports(Run<Port>{Port{80}, 1}));
  fixture.receive(listening(client, BindId{9}));
  CHECK(fixture.listener().grant.bind == BindId{9});
  CHECK(fixture.session.held()->renew == TimePoint(1050s));
}

TEST_CASE("bindings: a bind ID of before a loss is not mistaken for a new one") {
  TwoBindings fixture;
  fixture.forget();
  fixture.receive(Fixture::assigned(ClientId{8}, second));  // the listener's old number
  fixture.sent<wire::ListenRequest>();
  wire::FreeResponse freed_first;
  freed_first.client = ClientId{8};
  freed_first.bind = second;
  fixture.receive(freed_first);
  fixture.sent<wire::DeregisterRequest>();
  fixture.receive(for_us<wire::DeregisterResponse>());
  CHECK(fixture.ended<Revoked>().by == MessageType::free_response);
}

}  // namespace host_bindings_test
