// SPDX-License-Identifier: GPL-2.0-or-later
// The client with its real sockets and timers against a gateway on the loopback that the test scripts.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include "auth/host_end.hpp"
#include "host/client.hpp"
#include "wire/codec.hpp"

namespace host_client_test {

using namespace rsip;
using namespace rsip::host;
using namespace std::chrono_literals;
using asio::ip::tcp;
using asio::ip::udp;

namespace {

const Ipv4 loopback = *parse_ipv4("127.0.0.1");
const asio::ip::address_v4 loopback_address(loopback.value);

/// Answers as a gateway that grants everything does; nothing for what it does not serve.
std::optional<wire::Message> answer_to(const wire::Message& request) {
  constexpr ClientId client{7};
  if (std::holds_alternative<wire::RegisterRequest>(request)) {
    wire::RegisterResponse response;
    response.client = client;
    response.lease = LeaseTime(3600);
    return response;
  }
  if (const auto* assign = std::get_if<wire::AssignRequestRsipsec>(&request)) {
    wire::AssignResponseRsipsec response;
    response.client = assign->client;
    response.bind = BindId{1};
    response.local = *parse_ipv4("198.51.100.1");
    response.local_ports = Run<Port>{Port{40000}, 8};
    response.remote = wire::AnyAddress{};
    response.remote_ports = wire::AnyPorts{};
    response.spis = Run<Spi>{Spi{0x10000010}, 16};
    response.lease = LeaseTime(3600);
    return response;
  }
  if (std::holds_alternative<wire::DeregisterRequest>(request)) {
    wire::DeregisterResponse response;
    response.client = client;
    return response;
  }
  return std::nullopt;
}

std::vector<std::uint8_t> encoded_answer(const wire::Message& request) {
  std::optional<wire::Message> answer = answer_to(request);
  REQUIRE(answer.has_value());
  const auto counter = std::visit([](const wire::Common& common) { return common.counter; }, request);
  std::visit([&](wire::Common& common) { common.counter = counter; }, *answer);
  return wire::encode(*answer);
}

/// A client and what it said.
struct Fixture {
  asio::io_context io;
  std::unique_ptr<Client> client;
  std::vector<std::string> heard;
  std::string last_text;
  std::optional<Authentication> authentication;

  void create(Protocol protocol, std::uint16_t port) {
    Client::Events events{[this](const Grant& grant) { heard.push_back("granted " + to_string(grant.address)); },
                          [this](const Grant&) { heard.emplace_back("extended"); },
                          [this] { heard.emplace_back("withdraw"); },
                          [this](CommandId, const Outcome&) { heard.emplace_back("answered"); },
                          [this](const std::string& text) { heard.push_back("notice " + text); },
                          [this](const EndReason&, const std::string& text) {
                            heard.emplace_back("ended");
                            last_text = text;
                            io.stop();
                          }};
    Client::Settings settings;
    settings.peer = {loopback, port, protocol};
    settings.local = loopback;
    settings.authentication = authentication;
    auto created = Client::create(io, settings, std::move(events));
    REQUIRE(created.has_value());
    client = std::move(*created);
    client->start();
  }

  /// Runs until `what` was heard; a hang is a failure.
  bool until(const std::string& what) {
    const auto limit = std::chrono::steady_clock::now() + 5s;
    const auto seen = [&] { return std::find(heard.begin(), heard.end(), what) != heard.end(); };
    while (!seen() && std::chrono::steady_clock::now() < limit) {
      io.restart();
      io.run_one_for(100ms);
    }
    return seen();
  }
};

/// Serves UDP; `drop` of the first datagrams get no answer.
struct UdpGateway {
  explicit UdpGateway(asio::io_context& io) : socket(io, udp::endpoint(loopback_address, 0)) { serve(); }
  std::uint16_t port() const { return socket.local_endpoint().port(); }

  void serve() {
    socket.async_receive_from(asio::buffer(buffer), peer, [this](const std::error_code& error, std::size_t size) {
      if (error) return;
      const std::vector<std::uint8_t> bytes(buffer.data(), buffer.data() + size);
      received.push_back(bytes);
      if (received.size() > drop) answer(bytes);
      serve();
    });
  }
  void answer(const std::vector<std::uint8_t>& bytes) {
    const auto message = wire::decode(bytes);
    REQUIRE(message.has_value());
    const std::vector<std::uint8_t> reply = encoded_answer(*message);
    socket.send_to(asio::buffer(seal ? seal(bytes, reply) : reply), peer);
  }

  std::function<std::vector<std::uint8_t>(const std::vector<std::uint8_t>&, const std::vector<std::uint8_t>&)> seal;
  udp::socket socket;
  udp::endpoint peer;
  std::array<std::uint8_t, 2048> buffer{};
  std::vector<std::vector<std::uint8_t>> received;
  std::size_t drop = 0;
};

/// Serves TCP, one connection at a time; answers leave in pieces of `piece` bytes.
struct TcpGateway {
  explicit TcpGateway(asio::io_context& io) : acceptor(io, tcp::endpoint(loopback_address, 0)), socket(io) { accept(); }
  std::uint16_t port() const { return acceptor.local_endpoint().port(); }

  void accept() {
    acceptor.async_accept([this](const std::error_code& error, tcp::socket accepted) {
      if (error) return;
      socket = std::move(accepted);
      socket.set_option(tcp::no_delay(true));
      ++connections;
      read();
      accept();
    });
  }
  void read() {
    asio::async_read(socket, asio::buffer(buffer.data(), wire::header_size),
                     [this](const std::error_code& error, std::size_t) {
                       if (error) return;
                       const std::size_t size = *wire::framed_size(std::span(buffer.data(), wire::header_size));
                       REQUIRE(size <= buffer.size());
                       asio::read(socket, asio::buffer(buffer.data() + wire::header_size, size - wire::header_size));
                       const auto message = wire::decode(std::span(buffer.data(), size));
                       REQUIRE(message.has_value());
                       CHECK_FALSE(std::visit([](const wire::Common& common) { return common.counter; }, *message));
                       if (garbage) {
                         const std::array<std::uint8_t, 4> no_message{1, 3, 0, 2};
                         asio::write(socket, asio::buffer(no_message));
                         return;
                       }
                       const std::vector<std::uint8_t> bytes = encoded_answer(*message);
                       for (std::size_t at = 0; at < bytes.size(); at += piece) {
                         asio::write(socket, asio::buffer(bytes.data() + at, std::min(piece, bytes.size() - at)));
                       }
                       read();
                     });
  }

  tcp::acceptor acceptor;
  tcp::socket socket;
  std::array<std::uint8_t, 2048> buffer{};
  std::size_t piece = 65535;
  bool garbage = false;
  int connections = 0;
};

}  // namespace

TEST_CASE("client over UDP: lost datagrams are sent again, byte for byte") {
  Fixture fixture;
  UdpGateway gateway(fixture.io);
  gateway.drop = 3;
  const auto start = std::chrono::steady_clock::now();
  fixture.create(Protocol::udp, gateway.port());
  REQUIRE(fixture.until("granted 198.51.100.1"));
  CHECK(std::chrono::steady_clock::now() - start >= 87500us);  // 12.5 + 25 + 50 ms
  REQUIRE(gateway.received.size() >= 5);
  CHECK(gateway.received[0] == gateway.received[3]);
  CHECK(gateway.received[0] != gateway.received[4]);
  fixture.client->stop();
  REQUIRE(fixture.until("ended"));
  CHECK(fixture.heard == std::vector<std::string>{"granted 198.51.100.1", "withdraw", "ended"});
}

TEST_CASE("client over UDP: another sender than the gateway is not heard") {
  Fixture fixture;
  UdpGateway gateway(fixture.io);
  fixture.create(Protocol::udp, gateway.port());
  REQUIRE(fixture.until("granted 198.51.100.1"));
  wire::DeregisterResponse forged;
  forged.client = ClientId{7};
  forged.counter = Counter{0};
  udp::socket stranger(fixture.io, udp::endpoint(loopback_address, 0));
  stranger.send_to(asio::buffer(wire::encode(forged)), gateway.peer);
  fixture.io.restart();
  fixture.io.run_for(50ms);
  CHECK(fixture.heard.size() == 1);
  gateway.socket.send_to(asio::buffer(wire::encode(forged)), gateway.peer);
  REQUIRE(fixture.until("ended"));
  CHECK(fixture.last_text.find("DE-REGISTER_RESPONSE") != std::string::npos);
}

TEST_CASE("client over UDP: a closed port is no answer, and the reason is told") {
  Fixture fixture;
  std::uint16_t closed = 0;
  {
    const udp::socket socket(fixture.io, udp::endpoint(loopback_address, 0));
    closed = socket.local_endpoint().port();
  }
  const auto start = std::chrono::steady_clock::now();
  fixture.create(Protocol::udp, closed);
  REQUIRE(fixture.until("ended"));
  CHECK(std::chrono::steady_clock::now() - start >= 1587ms);
  CHECK(fixture.last_text.find("Connection refused") != std::string::npos);
}

TEST_CASE("client over TCP: messages are cut from the stream wherever it breaks") {
  Fixture fixture;
  TcpGateway gateway(fixture.io);
  SUBCASE("one byte at a time") {
    gateway.piece = 1;
  }
  SUBCASE("in the middle of a parameter") {
    gateway.piece = 9;
  }
  SUBCASE("whole") {}
  fixture.create(Protocol::tcp, gateway.port());
  REQUIRE(fixture.until("granted 198.51.100.1"));
  fixture.client->stop();
  REQUIRE(fixture.until("ended"));
  CHECK(gateway.connections == 1);
}

TEST_CASE("client over TCP: a message the gateway sends of its own accord") {
  Fixture fixture;
  TcpGateway gateway(fixture.io);
  fixture.create(Protocol::tcp, gateway.port());
  REQUIRE(fixture.until("granted 198.51.100.1"));
  wire::DeregisterResponse forced;
  forced.client = ClientId{7};
  asio::write(gateway.socket, asio::buffer(wire::encode(forced)));
  REQUIRE(fixture.until("ended"));
  CHECK(fixture.heard == std::vector<std::string>{"granted 198.51.100.1", "withdraw", "ended"});
}

TEST_CASE("client over TCP: after the connection is lost, it de-registers over a new one") {
  Fixture fixture;
  TcpGateway gateway(fixture.io);
  fixture.create(Protocol::tcp, gateway.port());
  REQUIRE(fixture.until("granted 198.51.100.1"));
  gateway.socket.close();
  REQUIRE(fixture.until("notice trying the gateway again in 1 s (connection closed by the gateway)"));
  fixture.client->stop();
  REQUIRE(fixture.until("ended"));
  CHECK(gateway.connections == 2);
}

TEST_CASE("client over TCP: refused at once") {
  Fixture fixture;
  std::uint16_t closed = 0;
  {
    const tcp::acceptor acceptor(fixture.io, tcp::endpoint(loopback_address, 0));
    closed = acceptor.local_endpoint().port();
  }
  fixture.create(Protocol::tcp, closed);
  REQUIRE(fixture.until("ended"));
  CHECK(fixture.last_text.find("(Connection refused); is rsipd running at 127.0.0.1") != std::string::npos);
}

TEST_CASE("client over TCP: something that is not RSIP") {
  Fixture fixture;
  TcpGateway gateway(fixture.io);
  gateway.garbage = true;
  fixture.create(Protocol::tcp, gateway.port());
  REQUIRE(fixture.until("ended"));
  CHECK(fixture.last_text.find("something other than RSIP") != std::string::npos);
}

TEST_CASE("client with a key: all it sends is sealed, and what is not from the gateway is ignored") {
  const auth::Key key = *auth::parse_key("a secret of two ends");
  const auth::Ends ends{loopback, loopback};
  Fixture fixture;
  UdpGateway gateway(fixture.io);
  const auto end = std::make_shared<auth::HostEnd>(key, ends);
  fixture.authentication = {
      [end](std::span<const std::uint8_t> bytes) { return end->seal_request(bytes, auth::stamp_now()); },
      [end](std::span<const std::uint8_t> bytes) { return end->accepts(bytes, auth::stamp_now()); }};
  SUBCASE("the gateway has it too") {
    gateway.seal = [&](const std::vector<std::uint8_t>& request, const std::vector<std::uint8_t>& answer) {
      const std::optional<auth::Stamp> stamp = auth::verify(request, auth::Kind::request, ends, key);
      REQUIRE(stamp);
      return auth::seal(answer, auth::Kind::answer, ends, *stamp, key);
    };
    fixture.create(Protocol::udp, gateway.port());
    CHECK(fixture.until("granted 198.51.100.1"));
  }
  SUBCASE("it has not") {
    fixture.create(Protocol::udp, gateway.port());
    CHECK(fixture.until("ended"));
    CHECK(fixture.last_text.find("what came was not authenticated") != std::string::npos);
  }
}

}  // namespace host_client_test
