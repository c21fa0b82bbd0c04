// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "hex.hpp"
#include "wire/codec.hpp"
#include "wire_random.hpp"

namespace wire_roundtrip_test {

using namespace rsip;
using namespace rsip::wire;
using rsip::test::any_of;
using rsip::test::Random;
using rsip::test::to_hex;

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int runs = 20000;

/// The overall length, so that a change gets past the header.
void repair(Bytes& bytes) {
  if (bytes.size() < header_size || bytes.size() > max_message_size) return;
  bytes[2] = static_cast<std::uint8_t>(bytes.size() >> 8);
  bytes[3] = static_cast<std::uint8_t>(bytes.size() & 0xff);
}

void flip(Random& random, Bytes& bytes) {
  const std::uint32_t at = any_of(random, 0, static_cast<std::uint32_t>(bytes.size() - 1));
  bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << any_of(random, 0, 7)));
}

/// A small number somewhere: types, lengths and counts are such.
void overwrite(Random& random, Bytes& bytes) {
  const std::uint32_t at = any_of(random, 0, static_cast<std::uint32_t>(bytes.size() - 1));
  bytes[at] = static_cast<std::uint8_t>(any_of(random, 0, 24));
}

void truncate(Random& random, Bytes& bytes) {
  bytes.resize(any_of(random, 0, static_cast<std::uint32_t>(bytes.size() - 1)));
}

void extend(Random& random, Bytes& bytes) {
  for (std::uint32_t n = any_of(random, 1, 12); n > 0; --n) {
    bytes.push_back(static_cast<std::uint8_t>(any_of(random, 0, 0xff)));
  }
}

/// Another message's parameters after this one's.
void splice(Random& random, Bytes& bytes) {
  const Bytes other = encode(test::random_message(random));
  bytes.insert(bytes.end(), other.begin() + header_size, other.end());
}

void mutate(Random& random, Bytes& bytes) {
  constexpr std::array kinds{flip, overwrite, truncate, extend, splice};
  for (std::uint32_t n = any_of(random, 1, 3); n > 0 && !bytes.empty(); --n) {
    kinds.at(any_of(random, 0, kinds.size() - 1))(random, bytes);
  }
}

/// What decode() may say at all.
bool is_decoders(ErrorCode code) {
  constexpr std::array codes{ErrorCode::unsupported_rsip_version,
                             ErrorCode::missing_param,
                             ErrorCode::duplicate_param,
                             ErrorCode::extra_param,
                             ErrorCode::illegal_param,
                             ErrorCode::bad_param,
                             ErrorCode::illegal_message,
                             ErrorCode::bad_message};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

TEST_CASE("any message decodes from what it encodes to") {
  Random random(3103);
  for (int run = 0; run < runs; ++run) {
    const Message message = test::random_message(random);
    const Bytes bytes = encode(message);
    CAPTURE(run);
    CAPTURE(name(type_of(message)));
    REQUIRE(framed_size(bytes) == bytes.size());
    const auto decoded = decode(bytes);
    REQUIRE_MESSAGE(decoded.has_value(), to_hex(bytes));
    REQUIRE_MESSAGE(*decoded == message, to_hex(bytes));
  }
}

TEST_CASE("whatever decodes after a change encodes to something equal") {
  Random random(3104);
  int decodable = 0;
  for (int run = 0; run < 3 * runs; ++run) {
    Bytes bytes = encode(test::random_message(random));
    mutate(random, bytes);
    if (any_of(random, 0, 9) > 0) repair(bytes);
    // A copy of exactly this size on the heap, for AddressSanitizer to see any byte read beyond it.
    const Bytes exact(bytes.begin(), bytes.end());
    const auto decoded = decode(exact);
    if (!decoded) {
      REQUIRE(is_decoders(decoded.error().code));
      continue;
    }
    ++decodable;
    const auto again = decode(encode(*decoded));
    REQUIRE_MESSAGE(again.has_value(), to_hex(exact));
    REQUIRE_MESSAGE(*again == *decoded, to_hex(exact));
  }
  // Else the changes above are too coarse to test anything.
  CHECK(decodable > runs / 4);
}

TEST_CASE("noise after a header never does harm") {
  Random random(3102);
  for (int run = 0; run < runs; ++run) {
    Bytes bytes(any_of(random, 4, 60));
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(any_of(random, 0, 23));
    bytes[0] = rsip_version;
    repair(bytes);
    const auto decoded = decode(bytes);
    if (decoded) REQUIRE(decode(encode(*decoded)).has_value());
  }
}

}  // namespace wire_roundtrip_test
