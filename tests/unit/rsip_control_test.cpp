// SPDX-License-Identifier: GPL-2.0-or-later
// The control socket of rsip: what is said on it, and who may take how much of it.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/connect.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "control/control_server.hpp"
#include "rsip/control_client.hpp"
#include "rsip/control_message.hpp"

namespace rsip_control_test {

using namespace rsip;
using namespace rsip::program;
using control::ControlServer;
using namespace std::chrono_literals;
using nlohmann::json;
using Local = asio::local::stream_protocol;

namespace {

/// A runtime directory with a server that repeats what it is asked.
struct Served {
  explicit Served(ControlServer::Handler answer) : handler(std::move(answer)) {
    char name[] = "/tmp/rsip-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    directory = name;
    restart();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() { std::filesystem::remove_all(directory); }

  std::string path() const { return control_path(directory, "rsip0"); }
  void restart() {
    server.reset();
    auto created = ControlServer::create(io, path(), handler);
    REQUIRE(created.has_value());
    server = std::move(*created);
  }
  Local::socket connect() {
    Local::socket socket(io);
    socket.connect(Local::endpoint(path()));
    return socket;
  }
  void run(std::chrono::milliseconds time = 50ms) {
    io.restart();
    io.run_for(time);
  }
  /// What the other end has received, and whether it has been closed.
  static std::pair<std::string, bool> read(Local::socket& socket) {
    socket.non_blocking(true);
    std::string text;
    std::error_code error;
    asio::read(socket, asio::dynamic_buffer(text), error);
    return {text, error == asio::error::eof};
  }

  asio::io_context io;
  ControlServer::Handler handler;
  std::string directory;
  std::unique_ptr<ControlServer> server;
};

ControlServer::Handler echo() {
  return [](const std::string& line, const control::AnswerPtr& answer) { answer->reply("heard " + line); };
}

host::Wish wish() {
  host::Wish wish{.kind = host::Kind::listen, .ports = 2, .spis = 0};
  wish.local_ports = {{Port{80}, 1}, {Port{443}, 1}};
  wish.address = parse_ipv4("198.51.100.1");
  wish.remote = host::parse_remote("y.example.org:1024-1030");
  wish.tunnel = TunnelType::gre;
  wish.lease = LeaseTime(300);
  return wish;
}

template <typename Order>
Order order(const json& request) {
  const auto parsed = parse_request(request.dump());
  REQUIRE(parsed.has_value());
  REQUIRE(std::holds_alternative<Order>(parsed->order));
  return std::get<Order>(parsed->order);
}

}  // namespace

TEST_CASE("control messages: what is asked for arrives as it was meant") {
  CHECK(order<host::Assign>(assign_request(wish())).wish == wish());
  const host::Wish plain;
  CHECK(order<host::Assign>(assign_request(plain)).wish == plain);
  CHECK(order<host::Free>(free_request(BindId{7})).bind == BindId{7});
  const std::vector<host::Place> places{*host::parse_place("10.0.8.0/24"), *host::parse_place("y.example.org")};
  CHECK(order<host::Query>(query_request(places)).tuples.size() == 2);
  CHECK(parse_request(query_request(places).dump())->places == places);
  CHECK(order<host::Query>(query_request({})).tuples.empty());
}

TEST_CASE("control messages: what makes no sense is refused before it reaches the session") {
  for (const char* line : {
           "",
           "{",
           "[]",
           "null",
           R"({"command":"reboot"})",
           R"({"command":"free"})",
           R"({"command":"free","bind_id":-1})",
           R"({"command":"free","bind_id":4294967296})",
           R"({"command":"free","bind_id":"7"})",
           R"({"command":"assign","kind":"rsap-ip","ports":256,"spis":0,"tunnel":"ipip"})",
           R"({"command":"assign","kind":"rsap-ip","ports":0,"spis":0,"tunnel":"ipip"})",
           R"({"command":"assign","kind":"rsipsec","ports":8,"spis":0,"tunnel":"ipip"})",
           R"({"command":"assign","kind":"rsap-ip","ports":8,"spis":0,"tunnel":"l2tp"})",
           R"({"command":"assign","kind":"rsap-ip","ports":8,"spis":0,"tunnel":"ipip","lease":-1})",
           R"({"command":"assign","kind":"rsap-ip","ports":8,"spis":0,"tunnel":"ipip","remote":"y:0"})",
           R"({"command":"assign","kind":"rsap-ip","ports":2,"spis":0,"tunnel":"ipip",)"
           R"("local_ports":[{"first":80,"last":80}]})",
           R"({"command":"assign","kind":"rsap-ip","ports":1,"spis":0,"tunnel":"ipip",)"
           R"("local_ports":[{"first":0,"last":0}]})",
           R"({"command":"assign","kind":"rsap-ip","ports":1,"spis":0,"tunnel":"ipip",)"
           R"("local_ports":[{"first":9,"last":8}]})",
           R"({"command":"query","places":["10.0.8.1/24"]})",
           R"({"command":"query","places":[10]})",
       }) {
    CAPTURE(line);
    CHECK_FALSE(parse_request(line).has_value());
  }
  const std::vector<host::Place> too_many(max_places + 1, *host::parse_place("10.0.0.1"));
  CHECK_FALSE(parse_request(query_request(too_many).dump()).has_value());
}

TEST_CASE("control socket: one line in, one line out, then it is closed") {
  Served served(echo());
  Local::socket socket = served.connect();
  asio::write(socket, asio::buffer(std::string("{\"a\"")));
  served.run();
  CHECK(Served::read(socket) == std::pair<std::string, bool>("", false));
  asio::write(socket, asio::buffer(std::string(":1}\nmore\n")));
  served.run();
  CHECK(Served::read(socket) == std::pair<std::string, bool>("heard {\"a\":1}\n", true));
}

TEST_CASE("control socket: for its owner alone; it goes with the server, and takes the place of a stale one") {
  Served served(echo());
  struct stat status {};
  REQUIRE(::stat(served.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  served.server.reset();
  CHECK_FALSE(std::filesystem::exists(served.path()));
  std::ofstream(served.path()) << "what an earlier instance left";
  served.restart();
  CHECK(std::filesystem::is_socket(served.path()));
}

TEST_CASE("control socket: one that is served is nobody else's") {
  Served served(echo());
  const auto second = ControlServer::create(served.io, served.path(), echo());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == EADDRINUSE);
  CHECK(std::filesystem::exists(served.path()));
}

TEST_CASE("control socket: a request without an end is cut off") {
  Served served(echo());
  Local::socket socket = served.connect();
  socket.non_blocking(true);
  const std::string piece(4096, 'x');
  std::error_code error;
  for (std::size_t sent = 0; sent < 4 * ControlServer::max_request && !error; served.run(1ms)) {
    sent += socket.write_some(asio::buffer(piece), error);
    if (error == asio::error::would_block) error.clear();
  }
  CHECK(error == asio::error::broken_pipe);
}

TEST_CASE("control socket: no more than so many at a time; the others are served all the same") {
  std::vector<control::AnswerPtr> owed;
  Served served([&owed](const std::string&, const control::AnswerPtr& answer) { owed.push_back(answer); });
  std::vector<Local::socket> sockets;
  for (std::size_t i = 0; i < ControlServer::max_connections; ++i) {
    sockets.push_back(served.connect());
    asio::write(sockets.back(), asio::buffer(std::string("x\n")));
  }
  served.run();
  CHECK(owed.size() == ControlServer::max_connections);
  Local::socket too_many = served.connect();
  served.run();
  CHECK(Served::read(too_many).second);
  owed.back()->reply("done");
  owed.pop_back();
  served.run();
  CHECK(Served::read(sockets.back()).first == "done\n");
  Local::socket next = served.connect();
  asio::write(next, asio::buffer(std::string("x\n")));
  served.run();
  CHECK(owed.size() == ControlServer::max_connections);
  owed.clear();
}

TEST_CASE("control socket: an answer to someone who has left harms nobody") {
  std::vector<control::AnswerPtr> owed;
  Served served([&owed](const std::string&, const control::AnswerPtr& answer) { owed.push_back(answer); });
  {
    Local::socket socket = served.connect();
    asio::write(socket, asio::buffer(std::string("x\n")));
    served.run();
  }
  REQUIRE(owed.size() == 1);
  owed[0]->reply("late");
  served.run();
  Local::socket socket = served.connect();
  asio::write(socket, asio::buffer(std::string("y\n")));
  served.run();
  CHECK(owed.size() == 2);
  owed.clear();
}

TEST_CASE("control client: asks and understands the answer") {
  Served served([](const std::string& line, const control::AnswerPtr& answer) {
    const auto request = parse_request(line);
    REQUIRE(request.has_value());
    answer->reply(failure_response(exit_unavailable, "no").dump());
  });
  std::thread loop([&served] { served.io.run_for(5s); });
  const Result<json> response = ask_instance(served.directory, "rsip0", free_request(BindId{7}));
  served.io.stop();
  loop.join();
  REQUIRE(response.has_value());
  CHECK(response->at("ok") == false);
  CHECK(response->at("exit") == 4);
}

TEST_CASE("control client: without an instance it says what to do") {
  Served served(echo());
  SUBCASE("never started") {}
  SUBCASE("killed") {
    // Bound by somebody who is gone: connecting is refused.
    served.server.reset();
    asio::io_context io;
    const Local::acceptor left(io, Local::endpoint(served.path()), false);
  }
  served.io.stop();
  const Result<json> response =
      ask_instance(served.directory, served.server ? "rsip1" : "rsip0", free_request(BindId{7}));
  REQUIRE_FALSE(response.has_value());
  CHECK(response.error().code == ENOENT);
  CHECK(response.error().remedy == "'rsip up' first");
}

TEST_CASE("control client: an answer that is none is an error") {
  Served served(echo());
  std::thread loop([&served] { served.io.run_for(5s); });
  const Result<json> response = ask_instance(served.directory, "rsip0", free_request(BindId{7}));
  served.io.stop();
  loop.join();
  REQUIRE_FALSE(response.has_value());
  CHECK(response.error().code == EBADMSG);
}

}  // namespace rsip_control_test
