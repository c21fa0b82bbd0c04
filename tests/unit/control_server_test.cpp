// SPDX-License-Identifier: GPL-2.0-or-later
// The control socket: long answers and lasting ones, and readers that are slow, or leave.
#include "control/control_server.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/local/stream_protocol.hpp>
#include <asio/write.hpp>

#include "directory.hpp"

namespace control_server_test {

using namespace rsip;
using control::AnswerPtr;
using control::ControlServer;
using namespace std::chrono_literals;
using Local = asio::local::stream_protocol;

namespace {

/// Keeps what is to be answered.
struct Served {
  explicit Served(std::optional<gid_t> group = {}) {
    auto created = ControlServer::create(
        io, path, [this](const std::string&, const AnswerPtr& answer) { answers.push_back(answer); }, group);
    REQUIRE(created.has_value());
    server = std::move(*created);
  }

  /// Somebody who has asked.
  Local::socket ask() {
    Local::socket socket(io);
    socket.connect(Local::endpoint(path));
    socket.non_blocking(true);
    asio::write(socket, asio::buffer(std::string("x\n")));
    run();
    return socket;
  }

  void run() {
    io.restart();
    io.run_for(20ms);
  }

  /// What can be read now; ends with "EOF" where nothing comes after.
  std::string read(Local::socket& socket, std::size_t most = std::size_t{1} << 30) const {
    std::string text;
    std::vector<char> buffer(65536);
    std::error_code error;
    while (!error && text.size() < most) {
      const std::size_t size = std::min(buffer.size(), most - text.size());
      text.append(buffer.data(), socket.read_some(asio::buffer(buffer.data(), size), error));
    }
    return error == asio::error::eof || error == asio::error::connection_reset ? text + "EOF" : text;
  }

  test::Directory directory;
  std::string path = directory.path + "/control.sock";
  asio::io_context io;
  std::vector<AnswerPtr> answers;
  std::unique_ptr<ControlServer> server;
};

}  // namespace

TEST_CASE("control socket: an answer of many lines, now and later") {
  Served served;
  Local::socket socket = served.ask();
  REQUIRE(served.answers.size() == 1);
  CHECK(served.answers[0]->send("one"));
  CHECK(served.answers[0]->send("two"));
  served.run();
  CHECK(served.read(socket) == "one\ntwo\n");
  CHECK(served.answers[0]->is_open());
  CHECK(served.answers[0]->send("three"));
  served.answers[0]->end();
  CHECK_FALSE(served.answers[0]->send("four"));
  served.run();
  CHECK(served.read(socket) == "three\nEOF");
}

TEST_CASE("control socket: the pieces of a long answer are made as they are read") {
  Served served;
  Local::socket socket = served.ask();
  std::size_t made = 0;
  constexpr std::size_t pieces = 1000;
  std::string piece(9999, 'x');
  piece += '\n';
  served.answers[0]->send_pieces([&]() -> std::optional<std::string> {
    if (made == pieces) return std::nullopt;
    ++made;
    return piece;
  });
  served.run();
  const std::size_t at_first = made;
  CHECK(at_first > 0);
  CHECK(at_first < pieces / 2);  // what the kernel's buffer takes
  served.run();
  CHECK(made == at_first);
  std::string text;
  while (!text.ends_with("EOF")) {
    text += served.read(socket, 100000);
    served.run();
  }
  CHECK(text.size() == pieces * piece.size() + 3);
  CHECK(made == pieces);
}

TEST_CASE("control socket: whoever does not read is left when too much waits; others are served meanwhile") {
  Served served;
  Local::socket slow = served.ask();
  Local::socket quick = served.ask();
  REQUIRE(served.answers.size() == 2);
  const std::string line(9999, 'x');
  std::size_t sent = 0;
  while (served.answers[0]->send(line) && sent < 10 * ControlServer::max_queued) {
    sent += line.size() + 1;
    served.io.poll();
  }
  CHECK(sent >= ControlServer::max_queued);
  CHECK(sent < 10 * ControlServer::max_queued);
  CHECK_FALSE(served.answers[0]->is_open());
  CHECK(served.read(slow).ends_with("EOF"));
  CHECK(served.answers[1]->send("still here"));
  served.run();
  CHECK(served.read(quick) == "still here\n");
}

TEST_CASE("control socket: one who leaves makes room, though an answer is still owed") {
  Served served;
  for (std::size_t i = 0; i < 2 * ControlServer::max_connections; ++i) {
    Local::socket socket = served.ask();
    REQUIRE(served.answers.size() == i + 1);
    CHECK(served.answers.back()->is_open());
    socket.close();
    served.run();
    CHECK_FALSE(served.answers.back()->is_open());
    CHECK_FALSE(served.answers.back()->send("anybody"));
  }
}

TEST_CASE("control socket: one who has nothing more to say may still read") {
  Served served;
  Local::socket socket = served.ask();
  socket.shutdown(Local::socket::shutdown_send);
  served.run();
  served.answers[0]->reply("here");
  served.run();
  CHECK(served.read(socket) == "here\nEOF");
}

TEST_CASE("control socket: for a group as well, where one is given") {
  const Served served(::getgid());
  struct stat status {};
  REQUIRE(::stat(served.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0660);
  CHECK(status.st_gid == ::getgid());
}

}  // namespace control_server_test
