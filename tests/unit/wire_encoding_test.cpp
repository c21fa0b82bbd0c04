// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <set>

#include "hex.hpp"
#include "wire/codec.hpp"
#include "wire_messages.hpp"

namespace wire_encoding_test {

using namespace rsip;
using namespace rsip::wire;
using rsip::test::from_hex;
using rsip::test::to_hex;

TEST_CASE("every sample encodes to the bytes of the RFC and decodes from them") {
  for (const test::Sample& sample : test::samples()) {
    CAPTURE(sample.name);
    const std::vector<std::uint8_t> bytes = from_hex(sample.bytes);
    CHECK(to_hex(encode(sample.message)) == to_hex(bytes));
    const auto decoded = decode(bytes);
    REQUIRE(decoded.has_value());
    CHECK(*decoded == sample.message);
    CHECK(framed_size(bytes) == bytes.size());
  }
}

TEST_CASE("the samples cover every message type") {
  std::set<MessageType> types;
  for (const test::Sample& sample : test::samples()) types.insert(type_of(sample.message));
  CHECK(types.size() == std::variant_size_v<Message>);
}

TEST_CASE("the framed size is the overall length field, as soon as a header is there") {
  CHECK(framed_size({}) == std::nullopt);
  CHECK(framed_size(from_hex("01 02 00")) == std::nullopt);
  CHECK(framed_size(from_hex("01 02 0004")) == 4);
  CHECK(framed_size(from_hex("01 02 000b 0b 0004")) == 11);
  CHECK(framed_size(from_hex("01 02 ffff")) == max_message_size);
  CHECK(framed_size(from_hex("01 02 0000")) == 0);  // less than a header: for the caller to refuse
  CHECK(framed_size(from_hex("09 63 0102")) == 0x102);
}

TEST_CASE("optional parameters may come in any order after the required ones") {
  const auto decoded =
      decode(from_hex("01 08 0034"
                      "04 0004 01020304"
                      "01 0001 01"
                      "02 0001 04"
                      "01 0001 01"
                      "02 0001 01"
                      "06 0001 02"
                      "0c 0004 0009 0000"
                      "03 0004 00000e10"
                      "0b 0004 00000007"));
  REQUIRE(decoded.has_value());
  const AssignRequestRsapIp expected{{Counter{7}, {{9, 0, {}}}},
                                     ClientId{0x01020304},
                                     AnyAddress{},
                                     AnyPorts{4},
                                     AnyAddress{},
                                     AnyPorts{1},
                                     LeaseTime{3600},
                                     TunnelType::gre};
  CHECK(*decoded == Message{expected});
}

TEST_CASE("the largest message there can be") {
  RegisterRequest request;
  request.vendor.push_back({1, 2, std::vector<std::uint8_t>(max_message_size - header_size - 3 - 4, 0x5a)});
  const std::vector<std::uint8_t> bytes = encode(request);
  CHECK(bytes.size() == max_message_size);
  const auto decoded = decode(bytes);
  REQUIRE(decoded.has_value());
  CHECK(*decoded == Message{request});
}

}  // namespace wire_encoding_test
