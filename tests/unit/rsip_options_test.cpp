// SPDX-License-Identifier: GPL-2.0-or-later
// What the command line of rsip means, and what of it is refused.
#include <doctest/doctest.h>

#include "rsip/options.hpp"

namespace rsip_options_test {

using namespace rsip;
using namespace rsip::program;
using host::Kind;

namespace {

tl::expected<Options, int> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "rsip");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

Options parsed(const std::vector<const char*>& arguments) {
  const tl::expected<Options, int> options = parse(arguments);
  REQUIRE(options.has_value());
  return *options;
}

host::Wish up_wish(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"up", "--gateway", "10.0.0.1"});
  return parsed(arguments).up.wish;
}

}  // namespace

TEST_CASE("options: without --method, what --spis says") {
  CHECK(up_wish({}).kind == Kind::rsipsec);
  CHECK(up_wish({}).ports == 8);
  CHECK(up_wish({}).spis == 16);
  CHECK(up_wish({"--spis", "0"}).kind == Kind::rsap_ip);
  CHECK(up_wish({"--method", "rsap-ip"}).spis == 0);
  CHECK(up_wish({"--method", "rsa-ip"}).ports == 0);
  CHECK(up_wish({"--tunnel", "gre"}).tunnel == TunnelType::gre);
  CHECK(up_wish({"--remote", "y.example.org:80"}).remote == host::parse_remote("y.example.org:80"));
}

TEST_CASE("options: the gateway by address, by name, or by the default route") {
  const auto gateway = [](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "up");
    return parsed(arguments).up.gateway;
  };
  CHECK(gateway({"--gateway", "10.0.0.1"}) == host::Gateway(Ipv4{0x0a000001}));
  CHECK(gateway({"--gateway", "n"}) == host::Gateway("n"));
  CHECK(gateway({"--gateway", "n.example.org"}) == host::Gateway("n.example.org"));
  CHECK(gateway({}) == host::Gateway(host::DefaultRouter{}));
  CHECK(host::address_of(Ipv4{0x0a000001}) == Ipv4{0x0a000001});
}

TEST_CASE("options: the port of IKE, and a cookie prefix for it") {
  const auto up = [](const char* port) { return parsed({"up", "--gateway", "10.0.0.1", "--ike-port", port}).up; };
  CHECK(up("assigned").ike_port == host::IkePort::assigned);
  CHECK(up("500").ike_port == host::IkePort::well_known);
  CHECK_FALSE(up("500").wish.cookie_prefix);
  CHECK(up("prefix").ike_port == host::IkePort::prefix);
  CHECK(up("prefix").wish.cookie_prefix);
}

TEST_CASE("options: assign takes ports in three ways") {
  CHECK(parsed({"assign"}).wish == host::Wish{});
  CHECK(parsed({"assign", "--ports", "3"}).wish.ports == 3);
  const Options list = parsed({"assign", "--port-list", "40003,40001,40002,50000,40001"});
  CHECK(list.command == Command::assign);
  CHECK(list.wish.ports == 4);
  CHECK(list.wish.local_ports == std::vector<Run<Port>>{{Port{40001}, 3}, {Port{50000}, 1}});
  const Options range = parsed({"assign", "--port-range", "40000-40009", "--address", "198.51.100.1", "--lease", "60"});
  CHECK(range.wish.ports == 10);
  CHECK(range.wish.local_ports == std::vector<Run<Port>>{{Port{40000}, 10}});
  CHECK(range.wish.address == parse_ipv4("198.51.100.1"));
  CHECK(range.wish.lease == LeaseTime(60));
}

TEST_CASE("options: listen, free and query") {
  const Options listen = parsed({"listen", "--ports", "80"});
  CHECK(listen.command == Command::listen);
  CHECK(listen.wish.kind == Kind::listen);
  CHECK(listen.wish.ports == 1);
  CHECK(listen.wish.spis == 0);
  CHECK(listen.wish.local_ports == std::vector<Run<Port>>{{Port{80}, 1}});
  const Options free = parsed({"free", "7"});
  CHECK(free.command == Command::free);
  CHECK(free.bind == BindId{7});
  const Options query = parsed({"query", "10.0.0.9", "10.0.8.0/24", "Y.example.org"});
  CHECK(query.command == Command::query);
  REQUIRE(query.places.size() == 3);
  CHECK(host::to_string(query.places[2]) == "y.example.org");
  CHECK(parsed({"query"}).places.empty());
}

TEST_CASE("options: contradictions and nonsense are wrong usage") {
  const std::vector<std::vector<const char*>> wrong{
      {},
      {"up", "--gateway", ""},
      {"up", "--gateway", "10.0.0.256"},
      {"up", "--gateway", "10.0.0.1/32"},
      {"up", "--gateway", "n:4555"},
      {"up", "--gateway", "fd00::1"},
      {"up", "--gateway", "10.0.0.1", "--method", "rsa-ip", "--ports", "8"},
      {"up", "--gateway", "10.0.0.1", "--method", "rsap-ip", "--spis", "8"},
      {"up", "--gateway", "10.0.0.1", "--method", "rsipsec", "--spis", "0"},
      {"up", "--gateway", "10.0.0.1", "--ports", "0", "--spis", "0"},
      {"up", "--gateway", "10.0.0.1", "--method", "rsa-ip", "--strongswan", "x"},
      {"up", "--gateway", "10.0.0.1", "--ports", "1", "--strongswan", "x"},
      {"up", "--gateway", "10.0.0.1", "--ports", "0", "--remote", "198.51.100.2:500"},
      {"up", "--gateway", "10.0.0.1", "--ike-port", "4500"},
      {"up", "--gateway", "10.0.0.1", "--ike-port", "prefix", "--spis", "0"},
      {"up", "--gateway", "10.0.0.1", "--ike-port", "prefix", "--method", "rsa-ip"},
      {"up", "--gateway", "10.0.0.1", "--method", "listen"},
      {"up", "--gateway", "10.0.0.1", "--tunnel", "l2tp"},
      {"up", "--gateway", "10.0.0.1", "--table", "252"},
      {"up", "--gateway", "10.0.0.1", "--rule-priority", "1"},
      {"assign", "--ports", "3", "--port-list", "80"},
      {"assign", "--port-range", "80-79"},
      {"assign", "--port-list", "0"},
      {"assign", "--address", "n.example.org"},
      {"listen"},
      {"listen", "--ports", "1-256"},
      {"listen", "--ports", "80", "--remote", ":80"},
      {"free"},
      {"free", "-1"},
      {"free", "4294967296"},
      {"query", "10.0.8.1/24"},
  };
  for (const auto& arguments : wrong) {
    std::string text;
    for (const char* argument : arguments) text += std::string(" ") + argument;
    CAPTURE(text);
    const tl::expected<Options, int> options = parse(arguments);
    REQUIRE_FALSE(options.has_value());
    CHECK(options.error() == 2);
  }
}

}  // namespace rsip_options_test
