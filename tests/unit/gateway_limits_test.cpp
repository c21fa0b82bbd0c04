// SPDX-License-Identifier: GPL-2.0-or-later
// A gateway that was told no limits has some all the same, and refuses what is beyond them by the RFC's own errors.
#include <doctest/doctest.h>

#include "gateway_realm.hpp"

namespace gateway_limits_test {

using namespace rsip;
using namespace rsip::test;
using wire::ErrorCode;

namespace {

/// Asks for the same until it is refused; how often it was granted, and why not once more.
struct Greed {
  std::size_t granted = 0;
  std::optional<ErrorCode> refusal;
};

Greed insist(Realm& realm, Ipv4 host, const wire::Message& request) {
  constexpr std::size_t ever = 100'000;
  Greed greed;
  while (greed.granted < ever) {
    const auto answer = realm.ask(host, request);
    if (const auto* refused = std::get_if<wire::ErrorResponse>(&answer)) {
      greed.refusal = refused->error;
      break;
    }
    ++greed.granted;
  }
  return greed;
}

}  // namespace

TEST_CASE("limits: by default no host can have all, and others get theirs") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  SUBCASE("bindings") {
    const Greed greed = insist(realm, x1, rsap(client, wire::AnyPorts{1}));
    CHECK(greed.granted == 256);
    CHECK(greed.refusal == ErrorCode::local_addrport_unavailable);
  }
  SUBCASE("ports") {
    const Greed greed = insist(realm, x1, rsap(client, wire::AnyPorts{128}));
    CHECK(greed.granted == 1024 / 128);
    CHECK(greed.refusal == ErrorCode::local_addrport_unavailable);
  }
  SUBCASE("SPIs") {
    const Greed greed = insist(realm, x1, rsipsec(client, wire::NoPorts{}, wire::AnySpis{128}));
    CHECK(greed.granted == 1024 / 128);
    CHECK(greed.refusal == ErrorCode::ipsec_spi_unavailable);
  }
  SUBCASE("whole addresses") {
    lease::Config config;
    config.exclusive_pool = {Ipv4{0xc6336411}, Ipv4{0xc6336412}};
    Realm other({}, config);
    wire::AssignRequestRsaIp request;
    request.client = other.enroll(x1);
    const Greed greed = insist(other, x1, request);
    CHECK(greed.granted == 1);
    CHECK(greed.refusal == ErrorCode::local_addr_unavailable);
  }
  SUBCASE("IKE cookies") {
    realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::NoPorts{}, wire::AnySpis{1}));
    const std::size_t before = realm.kernel.elements.size();
    for (std::uint64_t cookie = 1; cookie <= 1000; ++cookie) {
      realm.gateway->judge_ike(realm.kernel.last_index, ike(nb, cookie), realm.now);
    }
    CHECK(realm.gateway->leases().registrations().at(x1).ike.size() == 64);
    CHECK(realm.kernel.elements.size() - before <= std::size_t{64} * 4);
  }
  realm.ask<wire::AssignResponseRsipsec>(x2, rsipsec(realm.enroll(x2), wire::AnyPorts{8}, wire::AnySpis{16}));
}

TEST_CASE("limits: by default there are so many hosts, and those that are there go on") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  for (std::uint32_t i = 1; i < 10'000; ++i) realm.enroll(Ipv4{x1.value + i});
  const Ipv4 late{x1.value + 10'000};
  CHECK(realm.refused(late, wire::RegisterRequest{}).error == ErrorCode::registration_denied);
  realm.ask<wire::ExtendResponse>(x1, extend_request(client, granted.bind, LeaseTime{50}));
  realm.ask<wire::DeregisterResponse>(x1, deregister(client));
  realm.enroll(late);
}

}  // namespace gateway_limits_test
