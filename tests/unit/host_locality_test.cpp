// SPDX-License-Identifier: GPL-2.0-or-later
// What a QUERY_RESPONSE says about what was asked (RFC 3103 section 9.15).
#include <doctest/doctest.h>

#include "host/locality.hpp"

namespace host_locality_test {

using namespace rsip;
using namespace rsip::host;

namespace {

/// What the gateway says about a place.
wire::QueryTuple says(bool remote, const char* place) {
  wire::QueryTuple tuple = tuple_for(*parse_place(place));
  tuple.remote = remote;
  return tuple;
}

constexpr bool local = false;
constexpr bool remote = true;

Locality locality(const char* place, const std::vector<wire::QueryTuple>& answer) {
  return located({*parse_place(place)}, answer).at(0).locality;
}

}  // namespace

TEST_CASE("locality: places as they are written") {
  for (const char* text : {"10.0.0.9", "10.0.8.0/24", "y.example.org"}) CHECK(to_string(*parse_place(text)) == text);
  for (const char* wrong : {"", "10.0.8.1/24", "10.0.8.0/33", "y.example.org:80", "10.0.8"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_place(wrong).has_value());
  }
}

TEST_CASE("locality: networks are asked for with a netmask") {
  const wire::QueryTuple tuple = tuple_for(*parse_place("10.0.8.0/21"));
  CHECK(tuple.address == wire::Address(*parse_ipv4("10.0.8.0")));
  CHECK(tuple.netmask == wire::Address(wire::Ipv4Netmask{*parse_ipv4("255.255.248.0")}));
  CHECK(tuple_for(*parse_place("0.0.0.0/0")).netmask == wire::Address(wire::Ipv4Netmask{Ipv4{}}));
}

TEST_CASE("locality: the tuple for just this place counts, then the smallest network around it") {
  const std::vector answer{says(local, "10.0.0.0/8"), says(remote, "10.9.0.0/16"), says(local, "10.9.0.1"),
                           says(remote, "y.example.org")};
  CHECK(locality("10.0.0.1", answer) == Locality::local);
  CHECK(locality("10.9.0.2", answer) == Locality::remote);
  CHECK(locality("10.9.0.1", answer) == Locality::local);
  CHECK(locality("10.9.8.0/24", answer) == Locality::remote);
  CHECK(locality("10.8.0.0/15", answer) == Locality::local);
  CHECK(locality("y.example.org", answer) == Locality::remote);
}

TEST_CASE("locality: what no tuple is about is unknown") {
  const std::vector answer{says(local, "10.9.0.0/16"), says(local, "10.9.0.1")};
  CHECK(locality("198.51.100.2", answer) == Locality::unknown);
  CHECK(locality("10.0.0.0/8", answer) == Locality::unknown);
  CHECK(locality("y.example.org", answer) == Locality::unknown);
  CHECK(locality("10.9.0.1", {}) == Locality::unknown);
}

TEST_CASE("locality: without a question, the gateway's list; what it cannot say in IPv4 is left out") {
  wire::QueryTuple holes = says(local, "10.0.0.0/8");
  holes.netmask = wire::Ipv4Netmask{*parse_ipv4("255.0.255.0")};
  wire::QueryTuple ipv6;
  ipv6.address = wire::Ipv6{};
  const std::vector<Located> list =
      located({}, {says(local, "10.0.0.0/24"), holes, ipv6, says(remote, "198.51.100.2")});
  CHECK(list == std::vector<Located>{{*parse_place("10.0.0.0/24"), Locality::local},
                                     {*parse_place("198.51.100.2"), Locality::remote}});
}

}  // namespace host_locality_test
