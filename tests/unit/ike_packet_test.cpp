// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "ike/packet.hpp"

namespace ike_packet_test {

using namespace rsip;

namespace {

/// An IKE_SA_INIT request from 198.51.100.1:500 to 198.51.100.2:500, cut off behind its header.
std::vector<std::uint8_t> ike_sa_init() {
  return {0x45, 0x00, 0x01, 0x00, 0x12, 0x34, 0x40, 0x00, 0x40, 0x11, 0x00, 0x00, 198, 51, 100, 1,
          198,  51,   100,  2,    0x01, 0xf4, 0x01, 0xf4, 0x00, 0xec, 0x00, 0x00,                   // UDP
          0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0,    0,    0,    0,    0,   0,  0,   0,  // cookies
          0x21, 0x20, 0x22, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xe4};
}

}  // namespace

TEST_CASE("an IKE packet shows its cookies, addresses and ports") {
  const auto packet = ike::parse_packet(ike_sa_init());
  REQUIRE(packet);
  CHECK(packet->source == *parse_ipv4("198.51.100.1"));
  CHECK(packet->destination == *parse_ipv4("198.51.100.2"));
  CHECK(packet->source_port == ike::ike_port);
  CHECK(packet->destination_port == ike::ike_port);
  CHECK(packet->ike.initiator == Cookie{0x1122334455667788});
  CHECK(packet->ike.responder == Cookie{0});
  CHECK(packet->ike.major_version == 2);
  CHECK(packet->ike.exchange == 34);
  CHECK(packet->ike.length == 0xe4);
}

TEST_CASE("IP options are stepped over") {
  auto bytes = ike_sa_init();
  bytes[0] = 0x46;
  bytes.insert(bytes.begin() + 20, {1, 1, 1, 1});
  REQUIRE(ike::parse_packet(bytes));
  CHECK(ike::parse_packet(bytes)->ike.initiator == Cookie{0x1122334455667788});
}

TEST_CASE("whatever is cut off before the IKE header's end is no IKE packet") {
  const auto whole = ike_sa_init();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(ike::parse_packet(std::span(whole).first(size)));
  }
}

TEST_CASE("what is not IKE is told apart") {
  const auto with = [](std::size_t offset, std::uint8_t value) {
    auto bytes = ike_sa_init();
    bytes[offset] = value;
    return ike::parse_packet(bytes).has_value();
  };
  CHECK(with(6, 0x00));
  CHECK(with(6, 0x20));        // a first fragment has the header
  CHECK_FALSE(with(7, 0x01));  // a later one does not
  CHECK_FALSE(with(0, 0x65));  // IPv6
  CHECK_FALSE(with(0, 0x44));  // a header of 16 bytes
  CHECK_FALSE(with(0, 0x4f));  // options longer than the packet
  CHECK_FALSE(with(9, 6));     // TCP
  CHECK(with(45, 0x10));       // IKEv1
  CHECK_FALSE(with(45, 0x30));
  CHECK_FALSE(with(55, 27));  // shorter than its own header
  auto no_cookie = ike_sa_init();
  std::fill_n(no_cookie.begin() + 28, 8, 0);
  CHECK_FALSE(ike::parse_packet(no_cookie));
}

}  // namespace ike_packet_test
