// SPDX-License-Identifier: GPL-2.0-or-later
// Names asked of a DNS server on the loopback, with real packets.
#include <doctest/doctest.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/ip/udp.hpp>
#include <map>
#include <optional>

#include "resolve/resolver.hpp"
#include "wire/writer.hpp"

namespace resolve_test {

using namespace rsip;
using namespace std::chrono_literals;
using asio::ip::udp;
using resolve::Resolver;

namespace {

/// Answers from a table: addresses, perhaps behind an alias. A name that it does not have does not exist; to one of
/// "silent.example" it says nothing, to one of "broken.example" nothing that makes sense.
class DnsServer {
 public:
  explicit DnsServer(asio::io_context& loop) : socket_(loop, udp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    receive();
  }

  std::string endpoint() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }

  std::map<std::string, std::vector<Ipv4>> names;
  std::map<std::string, std::string> aliases;
  int questions = 0;

 private:
  static constexpr std::size_t header_size = 12;
  static constexpr std::uint16_t pointer_to_question = 0xc000 | header_size;

  void receive() {
    socket_.async_receive_from(asio::buffer(buffer_), sender_, [this](asio::error_code code, std::size_t size) {
      if (code) return;
      ++questions;
      answer(std::span(buffer_).first(size));
      receive();
    });
  }

  static void put_name(wire::Writer& out, std::string_view name) {
    while (!name.empty()) {
      const std::size_t dot = std::min(name.find('.'), name.size());
      out.u8(static_cast<std::uint8_t>(dot));
      for (const char c : name.substr(0, dot)) out.u8(static_cast<std::uint8_t>(c));
      name.remove_prefix(std::min(dot + 1, name.size()));
    }
    out.u8(0);
  }

  static void put_record(wire::Writer& out, std::string_view owner, std::uint16_t type, std::size_t length) {
    if (owner.empty()) {
      out.u16(pointer_to_question);
    } else {
      put_name(out, owner);
    }
    out.u16(type);
    out.u16(1);   // IN
    out.u32(60);  // time to live
    out.u16(static_cast<std::uint16_t>(length));
  }

  void answer(std::span<const std::uint8_t> question) {
    std::string name;
    std::size_t at = header_size;
    while (question[at] != 0) {
      if (!name.empty()) name += '.';
      name.append(question.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                  question.begin() + static_cast<std::ptrdiff_t>(at) + 1 + question[at]);
      at += question[at] + std::size_t{1};
    }
    if (name.ends_with("silent.example")) return;
    const std::span<const std::uint8_t> asked = question.subspan(header_size, at + 5 - header_size);
    const auto alias = aliases.find(name);
    const std::string owner = alias == aliases.end() ? "" : alias->second;
    const auto found = names.find(owner.empty() ? name : owner);
    const std::vector<Ipv4> addresses = found == names.end() ? std::vector<Ipv4>{} : found->second;

    wire::Writer out;
    out.bytes(question.first(2));
    out.u16(found == names.end() ? 0x8183 : 0x8180);  // NXDOMAIN or no error
    out.u16(1);
    out.u16(static_cast<std::uint16_t>(addresses.size() + (owner.empty() ? 0 : 1)));
    out.u16(0);
    out.u16(0);
    out.bytes(asked);
    if (name.ends_with("broken.example")) out.patch(6, 7);  // records that are not there
    if (!owner.empty()) {
      put_record(out, "", 5, owner.size() + 2);
      put_name(out, owner);
    }
    for (const Ipv4 address : addresses) {
      put_record(out, owner, 1, 4);
      out.u32(address.value);
    }
    socket_.send_to(asio::buffer(out.take()), sender_);
  }

  udp::socket socket_;
  udp::endpoint sender_;
  std::array<std::uint8_t, 1500> buffer_{};
};

struct Setup {
  explicit Setup(std::chrono::milliseconds timeout = 2s) {
    auto made = Resolver::create(loop, {server.endpoint(), timeout});
    REQUIRE_MESSAGE(made, made.error().text());
    resolver = std::move(*made);
  }

  std::vector<Ipv4> ask(const std::string& name) {
    std::optional<std::vector<Ipv4>> answer;
    resolver->resolve(name, [&](std::vector<Ipv4> addresses) { answer = std::move(addresses); });
    CHECK_FALSE(answer);  // not from within
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!answer && std::chrono::steady_clock::now() < end) loop.run_one_for(100ms);
    REQUIRE(answer);
    return *answer;
  }

  asio::io_context loop;
  DnsServer server{loop};
  std::unique_ptr<Resolver> resolver;
};

}  // namespace

TEST_CASE("resolver: all addresses of a name, in order and once") {
  Setup setup;
  setup.server.names["y.example"] = {Ipv4{0xc6336409}, Ipv4{0xc6336402}, Ipv4{0xc6336409}, Ipv4{0x01020304}};
  CHECK(setup.ask("y.example") == std::vector{Ipv4{0xc6336409}, Ipv4{0xc6336402}, Ipv4{0x01020304}});
  CHECK(setup.ask("y.example").size() == 3);
  CHECK(setup.server.questions == 2);  // A alone was asked for
}

TEST_CASE("resolver: an alias is followed") {
  Setup setup;
  setup.server.names["y.example"] = {Ipv4{0xc6336402}};
  setup.server.aliases["www.example"] = "y.example";
  CHECK(setup.ask("www.example") == std::vector{Ipv4{0xc6336402}});
}

TEST_CASE("resolver: at most 16 addresses") {
  Setup setup;
  std::vector<Ipv4>& many = setup.server.names["many.example"];
  for (std::uint32_t i = 0; i < 25; ++i) many.push_back(Ipv4{0xc6336400 + i});
  const std::vector<Ipv4> found = setup.ask("many.example");
  CHECK(found == std::vector<Ipv4>(many.begin(), many.begin() + resolve::max_addresses));
}

TEST_CASE("resolver: nothing where there is nothing") {
  Setup setup(300ms);
  setup.server.names["empty.example"] = {};
  CHECK(setup.ask("none.example").empty());
  CHECK(setup.ask("empty.example").empty());
  CHECK(setup.ask("broken.example").empty());
  CHECK(setup.ask("").empty());
  CHECK(setup.ask(std::string(255, 'a')).empty());  // a label of more than 63
  CHECK(setup.ask("..").empty());
}

TEST_CASE("resolver: an end to waiting") {
  Setup setup(150ms);
  setup.server.names["y.example"] = {Ipv4{0xc6336402}};
  const auto start = std::chrono::steady_clock::now();
  CHECK(setup.ask("silent.example").empty());
  const auto waited = std::chrono::steady_clock::now() - start;
  CHECK(waited >= 150ms);
  CHECK(waited < 900ms);  // before c-ares gives up or asks again
  CHECK(setup.ask("y.example").size() == 1);
}

TEST_CASE("resolver: no more than 64 queries at a time") {
  Setup setup(150ms);
  setup.server.names["y.example"] = {Ipv4{0xc6336402}};
  std::size_t ended = 0;
  for (std::size_t i = 0; i < resolve::max_queries; ++i) {
    setup.resolver->resolve(std::to_string(i) + ".silent.example", [&](const std::vector<Ipv4>&) { ++ended; });
  }
  CHECK(setup.ask("y.example").empty());  // at once, and never asked
  CHECK(ended == 0);
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (ended < resolve::max_queries && std::chrono::steady_clock::now() < end) setup.loop.run_one_for(100ms);
  CHECK(ended == resolve::max_queries);
}

TEST_CASE("resolver: gone with queries under way, it calls nobody") {
  Setup setup;
  setup.server.names["y.example"] = {Ipv4{0xc6336402}};
  int called = 0;
  const auto count = [&](const std::vector<Ipv4>&) { ++called; };
  setup.resolver->resolve("silent.example", count);
  setup.resolver->resolve("y.example", count);
  setup.resolver->resolve("127.0.0.1", count);  // answered already, but not told
  setup.resolver.reset();
  setup.loop.run_for(50ms);
  CHECK(called == 0);
}

TEST_CASE("resolver: whoever is told may destroy it") {
  Setup setup(100ms);
  setup.server.names["y.example"] = {Ipv4{0xc6336402}};
  SUBCASE("on an answer") {
    setup.resolver->resolve("y.example", [&](const std::vector<Ipv4>&) { setup.resolver.reset(); });
  }
  SUBCASE("on a timeout") {
    setup.resolver->resolve("silent.example", [&](const std::vector<Ipv4>&) { setup.resolver.reset(); });
  }
  setup.resolver->resolve("2.silent.example", [](const std::vector<Ipv4>&) {});
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (setup.resolver && std::chrono::steady_clock::now() < end) setup.loop.run_one_for(100ms);
  CHECK_FALSE(setup.resolver);
  setup.loop.run_for(50ms);
}

TEST_CASE("resolver: a list of servers that is none") {
  asio::io_context loop;
  const auto made = Resolver::create(loop, {"not an address", 1s});
  REQUIRE_FALSE(made);
  CHECK(made.error().text().starts_with("use DNS servers not an address: "));
}

}  // namespace resolve_test
