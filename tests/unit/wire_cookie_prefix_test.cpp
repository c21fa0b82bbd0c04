// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <vector>

#include "wire/codec.hpp"
#include "wire/cookie_prefix.hpp"

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

TEST_CASE("a granted cookie prefix is its length and its bits") {
  CHECK(cookie_prefix_grant(prefix) == ours({16, 0xa5, 0xc3, 0, 0}));
  CHECK(granted_cookie_prefix({ours({16, 0xa5, 0xc3, 0, 0})}) == prefix);
  CHECK(granted_cookie_prefix({ours({32, 1, 2, 3, 4})}) == CookiePrefix{0x01020304, 32});
}

TEST_CASE("a malformed cookie prefix is ignored") {
  CHECK_FALSE(wished_cookie_prefix({}).has_value());
  for (const Bytes& wrong : {Bytes{}, Bytes{7}, Bytes{33}, Bytes{255}, Bytes{16, 0}, Bytes{16, 0xa5, 0xc3, 0, 0}}) {
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

TEST_CASE("the cookie prefix of a message is read from its bytes") {
  AssignResponseRsipsec response;
  response.local = Ipv4{0xc0000201};
  response.spis = Run<Spi>{Spi{0x10000000}, 16};
  response.vendor = {cookie_prefix_grant(prefix)};
  const auto decoded = decode(encode(response));
  REQUIRE(decoded.has_value());
  CHECK(granted_cookie_prefix(std::get<AssignResponseRsipsec>(*decoded).vendor) == prefix);
}
