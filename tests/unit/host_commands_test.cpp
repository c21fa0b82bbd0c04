// SPDX-License-Identifier: GPL-2.0-or-later
// What a session does when it is asked to while it is up.
#include "host_session_fixture.hpp"

namespace host_commands_test {

using namespace host_session;

namespace {

struct Commanded : Fixture {
  explicit Commanded(Protocol protocol = Protocol::tcp) : Fixture(protocol) {
    if (protocol == Protocol::tcp) up();
  }
  CommandId order(Order order) {
    const CommandId id{++commands};
    did(session.command({id, std::move(order)}, now));
    return id;
  }
  /// What came of the command.
  template <typename Result>
  Result outcome(CommandId id) const {
    for (const Action& action : actions) {
      const auto* answer = std::get_if<Answered>(&action);
      if (answer == nullptr || answer->id != id) continue;
      REQUIRE(std::holds_alternative<Result>(answer->outcome));
      return std::get<Result>(answer->outcome);
    }
    FAIL("no answer to the command");
    return {};
  }
  template <typename Reason>
  Reason failure(CommandId id) const {
    const auto failed = outcome<Failure>(id);
    REQUIRE(std::holds_alternative<Reason>(failed));
    return std::get<Reason>(failed);
  }
  std::uint64_t commands = 0;
};

const Assign four_ports{{.kind = Kind::rsap_ip, .ports = 4, .spis = 0}};

wire::AssignResponseRsapIp ports_response(BindId bind = BindId{4}) {
  wire::AssignResponseRsapIp response;
  response.client = client;
  response.bind = bind;
  response.local = *parse_ipv4("198.51.100.2");
  response.local_ports = Run<Port>{Port{50000}, 4};
  response.lease = LeaseTime(60);
  return response;
}

}  // namespace

TEST_CASE("commands: each kind of binding has its request") {
  Commanded fixture;
  SUBCASE("RSAP-IP") {
    const CommandId id = fixture.order(four_ports);
    CHECK(fixture.sent<wire::AssignRequestRsapIp>().local_ports == wire::Ports(wire::AnyPorts{4}));
    fixture.receive(ports_response());
    CHECK(fixture.outcome<Assigned>(id).grant.bind == BindId{4});
  }
  SUBCASE("RSA-IP") {
    const CommandId id = fixture.order(Assign{{.kind = Kind::rsa_ip, .ports = 0, .spis = 0}});
    fixture.sent<wire::AssignRequestRsaIp>();
    wire::AssignResponseRsaIp response;
    response.client = client;
    response.bind = BindId{4};
    response.local = *parse_ipv4("198.51.100.9");
    response.lease = LeaseTime(60);
    fixture.receive(response);
    const Grant grant = fixture.outcome<Assigned>(id).grant;
    CHECK(grant.kind == Kind::rsa_ip);
    CHECK(grant.ports.empty());
  }
  SUBCASE("RSIPSEC") {
    const CommandId id = fixture.order(Assign{{}});
    fixture.sent<wire::AssignRequestRsipsec>();
    fixture.receive(Fixture::assigned(client, BindId{4}));
    CHECK(fixture.outcome<Assigned>(id).grant.spis == std::vector{spis});
  }
  CHECK(fixture.session.bindings().size() == 2);
  const auto granted = std::ranges::find_if(
      fixture.actions, [](const Action& action) { return std::holds_alternative<Granted>(action); });
  const auto answered = std::ranges::find_if(
      fixture.actions, [](const Action& action) { return std::holds_alternative<Answered>(action); });
  CHECK(granted < answered);  // in force before the user hears of it
}

TEST_CASE("commands: a refusal is the command's, not the session's") {
  Commanded fixture;
  const CommandId id = fixture.order(four_ports);
  fixture.receive(error(ErrorCode::local_addrport_unavailable));
  const auto refused = fixture.failure<Refused>(id);
  CHECK(refused.code == ErrorCode::local_addrport_unavailable);
  CHECK(refused.request == MessageType::assign_request_rsap_ip);
  CHECK(fixture.session.bindings().size() == 1);
  CHECK(fixture.session.deadline() == TimePoint(1050s));
}

TEST_CASE("commands: a grant of no use is given back at once (RFC 3103 section 9.9.3)") {
  Commanded fixture;
  const CommandId id = fixture.order(four_ports);
  wire::AssignResponseRsapIp response = ports_response();
  response.local_ports = Run<Port>{Port{50000}, 2};
  fixture.receive(response);
  CHECK(fixture.failure<NotUnderstood>(id).text == "2 ports instead of 4");
  CHECK_FALSE(fixture.has<Granted>());
  CHECK(fixture.sent<wire::FreeRequest>().bind == BindId{4});
  fixture.receive(freed(BindId{4}));
  CHECK_FALSE(fixture.session.ended());
  fixture.sleep();
  CHECK(fixture.sent<wire::ExtendRequest>().bind == binding);
}

TEST_CASE("commands: they wait for one another, and for renewals") {
  Commanded fixture;
  fixture.now = TimePoint(1045s);
  const CommandId first = fixture.order(four_ports);
  fixture.sent<wire::AssignRequestRsapIp>();
  const CommandId second = fixture.order(Query{});
  CHECK(fixture.actions.empty());
  fixture.now = TimePoint(1050s);
  fixture.receive(ports_response());  // the renewal of the first binding is due by now
  fixture.outcome<Assigned>(first);
  CHECK(fixture.sent<wire::ExtendRequest>().bind == binding);
  fixture.receive(extended(100));
  CHECK(fixture.sent<wire::QueryRequest>().client == client);
  fixture.receive(for_us<wire::QueryResponse>());
  CHECK(fixture.outcome<Queried>(second).tuples.empty());
}

TEST_CASE("commands: no more than a few wait") {
  Commanded fixture;
  fixture.order(four_ports);  // under way
  for (std::size_t i = 0; i < max_commands; ++i) {
    fixture.order(Query{});
    CHECK(fixture.actions.empty());
  }
  fixture.failure<TooManyCommands>(fixture.order(Query{}));
}

TEST_CASE("commands: no more than so many bindings are held") {
  Commanded fixture;
  while (fixture.session.bindings().size() < max_bindings) {
    fixture.order(four_ports);
    fixture.receive(ports_response(static_cast<BindId>(100 + fixture.session.bindings().size())));
    REQUIRE(fixture.has<Granted>());
  }
  fixture.failure<TooManyBindings>(fixture.order(four_ports));
}

TEST_CASE("commands: free withdraws first, then asks the gateway") {
  Commanded fixture;
  fixture.order(four_ports);
  fixture.receive(ports_response());
  const CommandId id = fixture.order(Free{BindId{4}});
  REQUIRE(fixture.actions.size() == 2);
  CHECK(std::holds_alternative<Withdraw>(fixture.actions[0]));
  const auto request = fixture.sent<wire::FreeRequest>();
  CHECK(request.client == client);
  CHECK(request.bind == BindId{4});
  CHECK(fixture.session.bindings().size() == 1);
  SUBCASE("which agrees") {
    fixture.receive(freed(BindId{4}));
    CHECK(fixture.outcome<Freed>(id).grant.bind == BindId{4});
  }
  SUBCASE("which did not have it any more") {
    fixture.receive(error(ErrorCode::bad_bind_id));
    CHECK(fixture.outcome<Freed>(id).grant.bind == BindId{4});
    CHECK_FALSE(fixture.has<Transmit>());
  }
  SUBCASE("which has lost everything") {
    fixture.receive(error(ErrorCode::register_first));
    CHECK(fixture.outcome<Freed>(id).grant.bind == BindId{4});
    fixture.sent<wire::DeregisterRequest>();
  }
  SUBCASE("which ends another one in between: that is no answer") {
    fixture.receive(freed(BindId{77}));
    CHECK(fixture.actions.empty());
    fixture.receive(freed(BindId{4}));
    fixture.outcome<Freed>(id);
  }
  SUBCASE("which does not answer") {
    fixture.sleep();
    CHECK(fixture.failure<NoAnswer>(id).request == MessageType::free_request);
    CHECK(fixture.session.bindings().size() == 1);
  }
}

TEST_CASE("commands: what cannot be freed") {
  Commanded fixture;
  CHECK(fixture.failure<NoSuchBinding>(fixture.order(Free{BindId{99}})).bind == BindId{99});
  CHECK(fixture.failure<FirstBinding>(fixture.order(Free{binding})).bind == binding);
  CHECK_FALSE(fixture.has<Transmit>());
  CHECK(fixture.session.held().has_value());
}

TEST_CASE("commands: query asks for just the tuples, and hands on the answer") {
  Commanded fixture;
  const wire::QueryTuple asked{false, *parse_ipv4("10.0.0.9"), std::nullopt};
  const CommandId id = fixture.order(Query{{asked}});
  CHECK(fixture.sent<wire::QueryRequest>().tuples == std::vector{asked});
  auto response = for_us<wire::QueryResponse>();
  response.tuples = {{true, *parse_ipv4("10.0.0.9"), std::nullopt}};
  fixture.receive(response);
  CHECK(fixture.outcome<Queried>(id).tuples == response.tuples);
}

TEST_CASE("commands: without an answer they fail, and the gateway is asked whether it still knows us") {
  Commanded fixture;
  const CommandId id = fixture.order(Query{});
  SUBCASE("in time") {
    fixture.sleep();
    CHECK(fixture.has<Disconnect>());
    CHECK(fixture.failure<NoAnswer>(id).request == MessageType::query_request);
    fixture.sleep();
    CHECK(fixture.now == TimePoint(1011s));
  }
  SUBCASE("over a connection that broke") {
    fixture.did(fixture.session.connection_failed(fixture.now));
    fixture.failure<NoAnswer>(id);
    fixture.sleep();
    CHECK(fixture.now == TimePoint(1001s));
  }
  CHECK(fixture.sent<wire::ExtendRequest>().bind == binding);
}

TEST_CASE("commands: within a pause a command is tried at once") {
  Commanded fixture;
  fixture.did(fixture.session.connection_failed(fixture.now));
  CHECK_FALSE(fixture.has<Transmit>());
  const CommandId id = fixture.order(Query{});
  fixture.sent<wire::QueryRequest>();
  fixture.receive(for_us<wire::QueryResponse>());
  fixture.outcome<Queried>(id);
  // The pause is over, since the gateway has answered.
  CHECK(fixture.sent<wire::ExtendRequest>().bind == binding);
}

TEST_CASE("commands: while the host is not registered they fail, they do not hang") {
  Commanded fixture;
  fixture.sleep();
  fixture.receive(error(ErrorCode::register_first));
  const CommandId waiting = fixture.order(Query{});
  CHECK(fixture.actions.empty());
  fixture.did(fixture.session.connection_failed(fixture.now));
  fixture.failure<NotRegistered>(waiting);
  fixture.failure<NotRegistered>(fixture.order(Query{}));
}

TEST_CASE("commands: one that finds the registration gone fails, and has the host register anew") {
  Commanded fixture;
  const CommandId id = fixture.order(four_ports);
  fixture.receive(error(ErrorCode::bad_client_id));
  CHECK(fixture.failure<Refused>(id).code == ErrorCode::bad_client_id);
  CHECK(fixture.sent<wire::DeregisterRequest>().client == client);
  fixture.receive(error(ErrorCode::register_first));
  fixture.register_ok(ClientId{8});
  CHECK(fixture.sent<wire::AssignRequestRsipsec>().spis == wire::Spis(spis));
}

TEST_CASE("commands: the end of the session answers all that wait") {
  Commanded fixture;
  const CommandId under_way = fixture.order(four_ports);
  const CommandId waiting = fixture.order(Query{});
  fixture.did(fixture.session.stop(fixture.now));
  fixture.failure<SessionOver>(under_way);
  fixture.failure<SessionOver>(waiting);
  fixture.failure<SessionOver>(fixture.order(Query{}));
  fixture.receive(for_us<wire::DeregisterResponse>());
  fixture.ended<Stopped>();
  fixture.failure<SessionOver>(fixture.order(Query{}));
}

TEST_CASE("commands: over UDP the answer to one that was given up on is not taken for the next one's") {
  Commanded fixture(Protocol::udp);
  const auto with_counter = [](auto response, std::uint32_t counter) {
    response.counter = Counter{counter};
    return response;
  };
  fixture.start();
  fixture.receive(with_counter(for_us<wire::RegisterResponse>(), 1));
  fixture.receive(with_counter(Fixture::assigned(), 2));
  fixture.order(Query{});
  while (!fixture.has<Disconnect>()) fixture.sleep();
  const CommandId id = fixture.order(four_ports);
  CHECK(fixture.sent<wire::AssignRequestRsapIp>().counter == Counter{3});
  fixture.receive(with_counter(for_us<wire::QueryResponse>(), 3));
  CHECK(fixture.sent<wire::AssignRequestRsapIp>().counter == Counter{4});
  fixture.receive(with_counter(ports_response(), 4));
  fixture.outcome<Assigned>(id);
}

}  // namespace host_commands_test
