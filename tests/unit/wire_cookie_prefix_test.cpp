// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <vector>

#include "hex.hpp"
#include "protocol_page.hpp"
#include "wire/codec.hpp"
#include "wire/cookie_prefix.hpp"

namespace wire_cookie_prefix_test {

using namespace rsip;
using namespace rsip::wire;

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr CookiePrefix prefix{0xa5c30000, 16};

Vendor ours(Bytes value) {
  return {32473, 4, std::move(value)};
}

}  // namespace

TEST_CASE("a cookie prefix is 8 to 32 bits, left-aligned, not zero") {
  CHECK(prefix.is_valid());
  CHECK(CookiePrefix{0x80000000, 8}.is_valid());
  CHECK(CookiePrefix{0x00000001, 32}.is_valid());
  CHECK_FALSE(CookiePrefix{0x80000000, 7}.is_valid());
  CHECK_FALSE(CookiePrefix{0x80000000, 33}.is_valid());
  CHECK_FALSE(CookiePrefix{0x00000000, 16}.is_valid());
  CHECK_FALSE(CookiePrefix{0xa5c30001, 16}.is_valid());
}

TEST_CASE("which cookies have a prefix") {
  CHECK(prefix.contains(Cookie{0xa5c3000000000000}));
  CHECK(prefix.contains(Cookie{0xa5c3ffffffffffff}));
  CHECK_FALSE(prefix.contains(Cookie{0xa5c4000000000000}));
  CHECK_FALSE(prefix.contains(Cookie{0x00000000a5c30000}));
  CHECK(CookiePrefix{0x12345678, 32}.contains(Cookie{0x123456789abcdef0}));
  CHECK_FALSE(CookiePrefix{0x12345678, 32}.contains(Cookie{0x123456799abcdef0}));
}

TEST_CASE("a wish for a cookie prefix says how long it may be") {
  CHECK(cookie_prefix_wish(24) == ours({24}));
  CHECK(cookie_prefix_wish() == ours({0}));
  CHECK(wished_cookie_prefix({ours({24})}) == 24);
  CHECK(wished_cookie_prefix({ours({0})}) == 32);
  CHECK(wished_cookie_prefix({ours({8})}) == 8);
  CHECK(wished_cookie_prefix({ours({32})}) == 32);
}

TEST_CASE("a wish for the cookie prefix that a host had names it") {
  CHECK(cookie_prefix_wish(prefix) == ours({16, 0xa5, 0xc3, 0, 0}));
  CHECK(wished_cookie_prefix({cookie_prefix_wish(prefix)}) == 16);
  CHECK(suggested_cookie_prefix({cookie_prefix_wish(prefix)}) == prefix);
  CHECK_FALSE(suggested_cookie_prefix({cookie_prefix_wish(16)}).has_value());
}

TEST_CASE("a granted cookie prefix is its length and its bits") {
  CHECK(cookie_prefix_grant(prefix) == ours({16, 0xa5, 0xc3, 0, 0}));
  CHECK(granted_cookie_prefix({ours({16, 0xa5, 0xc3, 0, 0})}) == prefix);
  CHECK(granted_cookie_prefix({ours({32, 1, 2, 3, 4})}) == CookiePrefix{0x01020304, 32});
}

TEST_CASE("a malformed cookie prefix is ignored") {
  CHECK_FALSE(wished_cookie_prefix({}).has_value());
  for (const Bytes& wrong : {Bytes{}, Bytes{7}, Bytes{33}, Bytes{255}, Bytes{16, 0}, Bytes{16, 0xa5, 0xc3, 0, 1}}) {
    CAPTURE(wrong.size());
    CHECK_FALSE(wished_cookie_prefix({ours(wrong)}).has_value());
  }
  CHECK_FALSE(granted_cookie_prefix({}).has_value());
  for (const Bytes& wrong :
       {Bytes{}, Bytes{16}, Bytes{16, 0xa5, 0xc3, 0}, Bytes{16, 0xa5, 0xc3, 0, 0, 0}, Bytes{7, 0xa4, 0, 0, 0},
        Bytes{33, 0xa5, 0xc3, 0, 0}, Bytes{0, 0xa5, 0xc3, 0, 0}, Bytes{16, 0xa5, 0xc3, 0, 1}, Bytes{16, 0, 0, 0, 0}}) {
    CAPTURE(wrong.size());
    CHECK_FALSE(granted_cookie_prefix({ours(wrong)}).has_value());
  }
}

TEST_CASE("a cookie prefix is found among what others put into a message") {
  const std::vector<Vendor> parameters{{9, 4, {8}}, {32473, 1, {8}}, ours({99}), ours({24}), ours({16})};
  CHECK(wished_cookie_prefix(parameters) == 24);
}

TEST_CASE("cookie prefixes: the examples of rsip-protocol(7)") {
  AssignRequestRsipsec request;
  request.client = ClientId{7};
  request.spis = AnySpis{16};
  request.tunnel = TunnelType::ip_ip;
  request.vendor = {cookie_prefix_wish()};
  AssignResponseRsipsec response;
  response.client = ClientId{7};
  response.bind = BindId{3};
  response.local = Ipv4{0xc6336401};
  response.spis = Run<Spi>{Spi{0x10000010}, 16};
  response.lease = LeaseTime(3600);
  response.vendor = {cookie_prefix_grant(prefix)};

  const std::vector<Bytes> examples = test::protocol_examples("## Cookie prefix");
  REQUIRE(examples.size() == 2);
  CHECK(test::to_hex(examples[0]) == test::to_hex(encode(request)));
  CHECK(test::to_hex(examples[1]) == test::to_hex(encode(response)));
  CHECK(decode(examples[0]) == Message(request));
  CHECK(decode(examples[1]) == Message(response));
}

}  // namespace wire_cookie_prefix_test
