// SPDX-License-Identifier: GPL-2.0-or-later
// The tuples of the QUERY messages, RFC 3103 sections 9.14 and 9.15.
#include <doctest/doctest.h>

#include "hex.hpp"
#include "wire/codec.hpp"

namespace wire_query_test {

using namespace rsip;
using namespace rsip::wire;
using rsip::test::from_hex;

namespace {

struct Case {
  std::string_view what;
  std::string_view expected;  ///< an error's name, or "ok"
  std::string_view bytes;
};

void check_all(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const auto decoded = decode(from_hex(one.bytes));
    CHECK((decoded ? "ok" : name(decoded.error().code)) == one.expected);
  }
}

}  // namespace

TEST_CASE("which tuples are well formed") {
  check_all({
      {"none asks for all", "ok", "01 0e 000b 04 0004 00000001"},
      {"a counter between tuples", "ok",
       "01 0e 0023 04 0004 00000001 0a 0001 01 01 0001 01 0b 0004 00000007 0a 0002 0001 01 0001 01"},
      {"an address without indicator", "EXTRA_PARAM", "01 0e 0013 04 0004 00000001 01 0005 01 0a000001"},
      {"an address too many", "EXTRA_PARAM", "01 0e 0018 04 0004 00000001 0a 0002 0001 01 0001 01 01 0001 01"},
      {"an indicator alone", "MISSING_PARAM", "01 0e 0010 04 0004 00000001 0a 0002 0001"},
      {"a network without netmask", "MISSING_PARAM", "01 0e 0018 04 0004 00000001 0a 0002 0002 01 0005 01 0a000000"},
      {"address before its indicator", "BAD_MESSAGE", "01 0e 0014 04 0004 00000001 01 0001 01 0a 0002 0001"},
      {"two indicators, then both addresses", "BAD_MESSAGE",
       "01 0e 001d 04 0004 00000001 0a 0002 0001 0a 0002 0001 01 0001 01 01 0001 01"},
      {"a counter inside a tuple", "BAD_MESSAGE",
       "01 0e 001b 04 0004 00000001 0a 0002 0001 0b 0004 00000007 01 0001 01"},
      {"a tuple before the client ID", "BAD_MESSAGE", "01 0e 0014 0a 0002 0001 01 0001 01 04 0004 00000001"},
      {"netmask in address form", "BAD_PARAM",
       "01 0e 0020 04 0004 00000001 0a 0002 0002 01 0005 01 0a000000 01 0005 01 ff000000"},
      {"netmask 'don't care'", "BAD_PARAM", "01 0e 001c 04 0004 00000001 0a 0002 0002 01 0005 01 0a000000 01 0001 02"},
      {"a name as a network's address", "BAD_PARAM",
       "01 0e 001d 04 0004 00000001 0a 0002 0002 01 0002 04 79 01 0005 02 ff000000"},
      {"a name as an address", "ok", "01 0e 0015 04 0004 00000001 0a 0002 0001 01 0002 04 79"},
      {"request indicator 0", "BAD_PARAM", "01 0e 0014 04 0004 00000001 0a 0002 0000 01 0001 01"},
      {"request indicator 3", "BAD_PARAM", "01 0e 0014 04 0004 00000001 0a 0002 0003 01 0001 01"},
      {"response indicator 3", "ok", "01 0f 0014 04 0004 00000001 0a 0002 0003 01 0001 01"},
      {"response indicator 5", "BAD_PARAM", "01 0f 0014 04 0004 00000001 0a 0002 0005 01 0001 01"},
      {"response indicator 256 + 1", "BAD_PARAM", "01 0f 0014 04 0004 00000001 0a 0002 0101 01 0001 01"},
  });
}

TEST_CASE("indicators of one byte are read too") {
  // Section 8.10 prints two bytes, sections 9.14.1 and 9.15.1 "a 1-byte value field".
  const auto decoded =
      decode(from_hex("01 0f 0032 04 0004 00000001"
                      "0a 0001 03 01 0005 01 c6336407"
                      "0a 0001 04 01 0005 01 c6336400 01 0005 02 ffffff00"
                      "0b 0004 00000007"));
  REQUIRE(decoded.has_value());
  const QueryResponse expected{
      {Counter{7}, {}},
      ClientId{1},
      {{true, Ipv4{0xc6336407}, {}}, {true, Ipv4{0xc6336400}, Address{Ipv4Netmask{Ipv4{0xffffff00}}}}}};
  CHECK(*decoded == Message{expected});
}

TEST_CASE("an address of zeros in a tuple is that address") {
  const auto decoded =
      decode(from_hex("01 0f 0020 04 0004 00000001 0a 0002 0004 01 0005 01 00000000 01 0005 02 00000000"));
  REQUIRE(decoded.has_value());
  const auto& tuples = std::get<QueryResponse>(*decoded).tuples;
  REQUIRE(tuples.size() == 1);
  CHECK(tuples.front() == QueryTuple{true, Ipv4{}, Address{Ipv4Netmask{}}});
}

}  // namespace wire_query_test
