// SPDX-License-Identifier: GPL-2.0-or-later
// The authentication parameter, byte for byte (rsip-protocol(7)).
#include <doctest/doctest.h>

#include <string>

#include "auth/seal.hpp"
#include "hex.hpp"
#include "protocol_page.hpp"
#include "wire/codec.hpp"

namespace auth_seal_test {

using namespace rsip;
using namespace rsip::auth;
using namespace std::chrono_literals;
using test::from_hex;
using test::to_hex;

namespace {

constexpr Ends ends{Ipv4{0x0a00000b}, Ipv4{0x0a000001}};
constexpr Stamp stamp{1'795'000'000'000'000us};

Key key() {
  return *parse_key("0x000102030405060708090a0b0c0d0e0f");
}

Bytes register_request() {
  wire::RegisterRequest request;
  request.counter = Counter{1};
  return wire::encode(request);
}

Bytes sealed() {
  return seal(register_request(), Kind::request, ends, stamp, key());
}

}  // namespace

TEST_CASE("seal: the example of rsip-protocol(7)") {
  const std::string expected =
      "0102003a"
      "0b000400000001"
      "0c002c7ed90001"
      "0006608b015f3000"
      "48e7764bb4843cc1b57dd931f41732506607f702657cc335960e03c12d3b763b";
  const std::vector<Bytes> examples = test::protocol_examples("## Authentication");
  REQUIRE(examples.size() == 1);
  CHECK(to_hex(examples[0]) == expected);
  CHECK(to_hex(register_request()) == "0102000b0b000400000001");
  CHECK(to_hex(sealed()) == expected);
  CHECK(verify(sealed(), Kind::request, ends, key()) == stamp);
}

TEST_CASE("seal: a sealed message is a message still") {
  const auto decoded = wire::decode(sealed());
  REQUIRE(decoded);
  const auto& request = std::get<wire::RegisterRequest>(*decoded);
  CHECK(request.counter == Counter{1});
  REQUIRE(request.vendor.size() == 1);
  CHECK(request.vendor.front().vendor == 32473);
  CHECK(request.vendor.front().subtype == 1);
  CHECK(request.vendor.front().value.size() == 40);
}

TEST_CASE("seal: no bit can be changed") {
  for (std::size_t at = 0; at < sealed().size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      CAPTURE(at);
      Bytes changed = sealed();
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ 1 << bit);
      CHECK_FALSE(verify(changed, Kind::request, ends, key()));
    }
  }
}

TEST_CASE("seal: nothing can be cut off, put in or added") {
  const Bytes whole = sealed();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(verify(cut, Kind::request, ends, key()));
    if (size >= 4) {  // with a length that fits
      cut[2] = 0;
      cut[3] = static_cast<std::uint8_t>(size);
      CHECK_FALSE(verify(cut, Kind::request, ends, key()));
    }
  }
  Bytes longer = whole;
  const Bytes parameter = from_hex("03 0004 00000064");
  longer.insert(longer.end() - seal_size, parameter.begin(), parameter.end());
  CHECK_FALSE(verify(longer, Kind::request, ends, key()));
  longer[3] = static_cast<std::uint8_t>(longer.size());
  CHECK_FALSE(verify(longer, Kind::request, ends, key()));
  Bytes after = whole;
  after.insert(after.end(), parameter.begin(), parameter.end());
  after[3] = static_cast<std::uint8_t>(after.size());
  CHECK_FALSE(verify(after, Kind::request, ends, key()));
  CHECK_FALSE(verify(register_request(), Kind::request, ends, key()));
}

TEST_CASE("seal: holds for its key, its two ends and its direction only") {
  CHECK_FALSE(verify(sealed(), Kind::request, ends, *parse_key("0x000102030405060708090a0b0c0d0e0e")));
  CHECK_FALSE(verify(sealed(), Kind::request, {Ipv4{0x0a00000c}, ends.gateway}, key()));
  CHECK_FALSE(verify(sealed(), Kind::request, {ends.host, Ipv4{0x0a000002}}, key()));
  CHECK_FALSE(verify(sealed(), Kind::request, {ends.gateway, ends.host}, key()));
  for (const Kind made : {Kind::request, Kind::answer, Kind::notice}) {
    const Bytes message = seal(register_request(), made, ends, stamp, key());
    for (const Kind wanted : {Kind::request, Kind::answer, Kind::notice}) {
      CHECK(verify(message, wanted, ends, key()).has_value() == (made == wanted));
    }
  }
}

TEST_CASE("seal: any stamp is carried, and judged without overflow") {
  for (const Stamp each : {Stamp{0us}, Stamp{-1us}, Stamp::min(), Stamp::max()}) {
    CHECK(verify(seal(register_request(), Kind::notice, ends, each, key()), Kind::notice, ends, key()) == each);
    CHECK_FALSE(is_timely(each, stamp));
  }
  CHECK(is_timely(stamp - window, stamp));
  CHECK(is_timely(stamp + window, stamp));
  CHECK_FALSE(is_timely(stamp - window - 1us, stamp));
  CHECK_FALSE(is_timely(stamp + window + 1us, stamp));
}

}  // namespace auth_seal_test
