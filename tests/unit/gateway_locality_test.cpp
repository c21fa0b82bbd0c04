// SPDX-License-Identifier: GPL-2.0-or-later
// What is local and what is remote (RFC 3103 sections 9.14 and 9.15).
#include <doctest/doctest.h>

#include "gateway/locality.hpp"
#include "memory_routes.hpp"

namespace gateway_locality_test {

using namespace rsip;
using namespace std::chrono_literals;
using gateway::Locality;
using wire::QueryTuple;
using Side = gateway::Routes::Side;

namespace {

Prefix prefix(std::string_view text) {
  return *parse_prefix(text);
}

QueryTuple address(std::string_view text, bool remote = false) {
  return {remote, *parse_ipv4(text), {}};
}

QueryTuple network(std::string_view text, bool remote = false) {
  const Prefix parsed = prefix(text);
  return {remote, parsed.network, wire::Ipv4Netmask{parsed.netmask()}};
}

/// 10.0.0.0/24 is the gateway's link, 10.8.0.0/16 behind a router there, 198.51.100.0/24 public; so is what it does not
/// know. 10.8.5.0/24 is an exception.
struct Table {
  Table() {
    routes.table = {{prefix("0.0.0.0/0"), Side::public_side},       {prefix("10.0.0.0/24"), Side::private_side},
                    {prefix("10.8.0.0/16"), Side::private_side},    {prefix("10.8.5.0/24"), Side::public_side},
                    {prefix("198.51.100.0/24"), Side::public_side}, {prefix("10.0.0.1/32"), Side::private_side}};
  }
  std::vector<QueryTuple> answer(const std::vector<QueryTuple>& asked) { return locality.answer(asked, now); }

  test::MemoryRoutes routes;
  Locality locality{{prefix("172.16.0.0/12")}, routes};
  lease::Time now{};
};

}  // namespace

TEST_CASE("locality: addresses") {
  Table table;
  const auto answer = [&](std::string_view text) { return table.answer({address(text)}); };
  CHECK(answer("10.0.0.77") == std::vector{address("10.0.0.77")});
  CHECK(answer("10.0.0.1") == std::vector{address("10.0.0.1")});
  CHECK(answer("10.8.1.1") == std::vector{address("10.8.1.1")});
  CHECK(answer("10.8.5.1") == std::vector{address("10.8.5.1", true)});
  CHECK(answer("198.51.100.2") == std::vector{address("198.51.100.2", true)});
  CHECK(answer("172.31.255.255") == std::vector{address("172.31.255.255")});
  CHECK(answer("203.0.113.9").empty());  // nothing but the default route
  table.routes.table.clear();
  CHECK(answer("10.0.0.77").empty());
}

TEST_CASE("locality: networks") {
  Table table;
  const auto answer = [&](std::string_view text) { return table.answer({network(text)}); };
  CHECK(answer("10.0.0.0/24") == std::vector{network("10.0.0.0/24")});
  CHECK(answer("10.0.0.0/30") == std::vector{network("10.0.0.0/30")});
  CHECK(answer("10.0.0.0/23").empty());  // a part of it is not known
  CHECK(answer("10.8.4.0/24") == std::vector{network("10.8.4.0/24")});
  CHECK(answer("10.8.5.128/25") == std::vector{network("10.8.5.128/25", true)});
  CHECK(answer("10.8.0.0/16") == std::vector{network("10.8.0.0/16")});
  CHECK(answer("198.51.100.0/25") == std::vector{network("198.51.100.0/25", true)});
  CHECK(answer("198.51.0.0/16").empty());
  CHECK(answer("172.16.0.0/12") == std::vector{network("172.16.0.0/12")});
  CHECK(answer("172.20.1.0/24") == std::vector{network("172.20.1.0/24")});
  CHECK(answer("172.0.0.0/8").empty());
  CHECK(answer("0.0.0.0/0").empty());
  CHECK(answer("10.0.0.1/32") == std::vector{network("10.0.0.1/32")});
}

TEST_CASE("locality: what cannot be told is left out") {
  Table table;
  CHECK(table.answer({{false, wire::Fqdn{"x1.example"}, {}}}).empty());
  CHECK(table.answer({{false, wire::AnyAddress{}, {}}}).empty());
  CHECK(table.answer({{false, wire::Ipv6{}, {}}}).empty());
  CHECK(table.answer({{false, wire::Ipv4Netmask{Ipv4{0x0a000000}}, {}}}).empty());
  CHECK(table.answer({{false, wire::AnyAddress{}, wire::Ipv4Netmask{}}}).empty());
  CHECK(table.answer({{false, Ipv4{0x0a000000}, wire::Ipv4Netmask{Ipv4{0xff00ff00}}}}).empty());
  CHECK(table.routes.lookups == 0);
  table.routes.fail = true;
  CHECK(table.answer({address("10.0.0.77"), network("10.0.0.0/24")}).empty());
  CHECK(table.answer({address("172.16.0.1")}).size() == 1);  // needs no kernel
}

TEST_CASE("locality: a network's host bits are no reason not to answer") {
  Table table;
  const QueryTuple tuple{false, Ipv4{0x0a000005}, wire::Ipv4Netmask{Ipv4{0xffffff00}}};
  CHECK(table.answer({tuple}) == std::vector{tuple});
}

TEST_CASE("locality: the response is in the order of section 9.15.2") {
  Table table;
  const std::vector<QueryTuple> asked{network("198.51.100.0/24"), address("198.51.100.2"), network("10.0.0.0/24"),
                                      address("203.0.113.9"),     address("10.0.0.2"),     address("10.0.0.3")};
  const std::vector<QueryTuple> expected{address("10.0.0.2"), address("10.0.0.3"), network("10.0.0.0/24"),
                                         address("198.51.100.2", true), network("198.51.100.0/24", true)};
  CHECK(table.answer(asked) == expected);
}

TEST_CASE("locality: asked for nothing it lists the local networks") {
  Table table;
  const std::vector<QueryTuple> all{network("172.16.0.0/12"), network("10.0.0.0/24"), network("10.0.0.1/32"),
                                    network("10.8.0.0/16")};
  CHECK(table.answer({}) == all);
  table.routes.table.push_back({prefix("172.17.0.0/16"), Side::private_side});  // in a network that is there already
  table.routes.table.push_back({prefix("10.9.0.0/16"), Side::private_side});
  CHECK(table.answer({}) == all);
  CHECK(table.answer({network("10.9.0.0/16")}).empty());
  CHECK(table.routes.listings == 1);

  table.now += gateway::routes_max_age;
  std::vector<QueryTuple> more = all;
  more.push_back(network("10.9.0.0/16"));
  CHECK(table.answer({}) == more);
  CHECK(table.answer({network("10.9.0.0/16")}) == std::vector{network("10.9.0.0/16")});
  CHECK(table.routes.listings == 2);

  // The kernel refuses: what was known stays, and it is not asked again at once.
  table.now += gateway::routes_max_age;
  table.routes.fail = true;
  CHECK(table.answer({}) == more);
  CHECK(table.answer({}) == more);
  CHECK(table.routes.listings == 3);
}

TEST_CASE("locality: work and answers are bounded") {
  Table table;
  const std::vector<QueryTuple> asked(gateway::max_tuples_asked + 100, address("10.0.0.2"));
  CHECK(table.answer(asked).size() == gateway::max_tuples_asked);
  CHECK(table.routes.lookups == static_cast<int>(gateway::max_tuples_asked));
  for (std::uint32_t i = 0; i < 2 * gateway::max_networks_listed; ++i) {
    table.routes.table.push_back({Prefix{Ipv4{0x0a400000 + (i << 8)}, 24}, Side::private_side});
  }
  CHECK(table.answer({}).size() == gateway::max_networks_listed);
  CHECK(table.answer({}).front() == network("172.16.0.0/12"));
}

}  // namespace gateway_locality_test
