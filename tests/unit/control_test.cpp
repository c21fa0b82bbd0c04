// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>
#include <unistd.h>

#include <asio/buffer.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <filesystem>

#include "control/commands.hpp"
#include "control/control_server.hpp"
#include "gateway_realm.hpp"

using namespace rsip;
using namespace rsip::test;
using nlohmann::json;

namespace {

std::string socket_path() {
  return std::filesystem::temp_directory_path() / ("rsip-control-" + std::to_string(::getpid())) / "control.sock";
}

/// A client, whose calls wait while the server's loop runs.
struct Client {
  Client(asio::io_context& io, const std::string& path) : loop(io), socket(io) {
    socket.connect(asio::local::stream_protocol::endpoint(path));
  }
  json ask(const std::string& line) {
    asio::write(socket, asio::buffer(line));
    std::string answer;
    bool done = false;
    asio::async_read_until(socket, asio::dynamic_buffer(answer), '\n',
                           [&](asio::error_code, std::size_t) { done = true; });
    while (!done) loop.run_one();
    return json::parse(answer, nullptr, false);
  }
  asio::io_context& loop;
  asio::local::stream_protocol::socket socket;
};

}  // namespace

TEST_CASE("control: revoke") {
  Realm realm;
  const auto obey = [&](json request) { return control::obey(*realm.gateway, request, realm.now); };
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  CHECK(obey({{"command", "revoke"}, {"host", "10.0.0.11"}, {"bind", 2}}).contains("error"));
  CHECK(obey({{"command", "revoke"}, {"host", "10.0.0.11"}, {"bind", -1}}).contains("error"));
  CHECK(obey({{"command", "revoke"}, {"host", "10.0.0.11"}, {"bind", "1"}}).contains("error"));
  CHECK(obey({{"command", "revoke"}, {"host", 7}}).contains("error"));
  CHECK(obey({{"command", "revoke"}}).contains("error"));
  CHECK(obey({{"command", "dance"}}).contains("error"));
  CHECK_FALSE(realm.kernel.elements.empty());
  CHECK(obey({{"command", "revoke"}, {"host", "10.0.0.11"}, {"bind", 1}}) == json::object());
  CHECK(realm.kernel.elements.empty());
  CHECK(obey({{"command", "revoke"}, {"host", "10.0.0.11"}}) == json::object());
  CHECK(obey({{"command", "revoke"}, {"host", "10.0.0.11"}}).contains("error"));
}

TEST_CASE("control: lines in, lines out") {
  const std::string path = socket_path();
  asio::io_context loop;
  const auto echo = [](const json& request) { return request; };
  auto server = control::ControlServer::open(loop, path, echo);
  REQUIRE(server);
  CHECK(std::filesystem::status(path).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(control::ControlServer::open(loop, path, echo).error().code == EADDRINUSE);

  Client client(loop, path);
  CHECK(client.ask("{\"a\": 1}\n") == json{{"a", 1}});
  CHECK(client.ask("[1, 2]\n").contains("error"));
  CHECK(client.ask("nonsense\n").contains("error"));
  // A line without end closes the connection, and no other.
  Client endless(loop, path);
  CHECK(endless.ask(std::string(control::max_line + 1, ' ')).is_discarded());
  CHECK(client.ask("{\"b\": 2}\n") == json{{"b", 2}});

  server->reset();
  std::filesystem::remove_all(std::filesystem::path(path).parent_path());
}

TEST_CASE("control: a socket that a killed process left is replaced") {
  const std::string path = socket_path();
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  asio::io_context loop;
  { asio::local::stream_protocol::acceptor killed(loop, asio::local::stream_protocol::endpoint(path)); }
  REQUIRE(std::filesystem::exists(path));
  CHECK(control::ControlServer::open(loop, path, [](const json& request) { return request; }));
  std::filesystem::remove_all(std::filesystem::path(path).parent_path());
}
