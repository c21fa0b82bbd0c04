// SPDX-License-Identifier: GPL-2.0-or-later
// A shared address that the machine has no more, or has another for (--pool interface:IF).
#include <doctest/doctest.h>

#include "gateway_realm.hpp"

namespace gateway_pool_test {

using namespace rsip;
using namespace rsip::test;

namespace {

constexpr Ipv4 other{0xc6336405};  // 198.51.100.5

}  // namespace

TEST_CASE("gateway: an address that takes the place of another ends its leases, and is leased from then on") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  const auto first = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  const auto second = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  (void)realm.gateway->take_unasked();

  REQUIRE(realm.gateway->replace_address(nb, other, realm.now));
  CHECK(realm.kernel.elements.empty());
  const std::vector<gateway::Unasked> told = realm.gateway->take_unasked();
  REQUIRE(told.size() == 2);
  for (std::size_t i = 0; i < told.size(); ++i) {
    CHECK(told[i].to.host == x1);
    const auto message = wire::decode(told[i].message);
    REQUIRE(message);
    REQUIRE(std::holds_alternative<wire::FreeResponse>(*message));
    CHECK(std::get<wire::FreeResponse>(*message).bind == (i == 0 ? first : second).bind);
  }
  CHECK(realm.gateway->is_registered(x1));
  CHECK(realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4})).local == wire::Address(other));
  CHECK(realm.gateway->leases().config().pool == std::vector{other});
  CHECK(realm.gateway->replace_address(nb, other, realm.now));  // has been done
}

TEST_CASE("gateway: what rests of an address goes on resting when it is back soon") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  const auto held = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  const auto again = rsap(client, held.local_ports);
  store::Saved saved{.hosts = {{*realm.gateway->leases().find(x1), {}}}, .rests = {}, .answers = {}, .proofs = {}};
  auto& bindings = saved.hosts[0].registration.bindings;
  saved.rests.push_back({nb, {bindings.at(held.bind).ports, {}, {}}, realm.now});
  bindings.clear();

  REQUIRE(realm.gateway->replace_address(nb, other, realm.now));
  SUBCASE("without a pause") {}
  SUBCASE("with a restart between") {
    realm.gateway->restore(saved, realm.now);
  }
  REQUIRE(realm.gateway->replace_address(other, nb, realm.now));
  CHECK(realm.refused(x1, again).error == wire::ErrorCode::local_addrport_inuse);
  realm.now += realm.gateway->leases().config().hold;
  (void)realm.ask<wire::AssignResponseRsapIp>(x1, again);
}

TEST_CASE("gateway: an address that the pool has already takes no other's place") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  (void)realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  const auto refused = realm.gateway->replace_address(nb, nb, realm.now);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EEXIST);
  CHECK(realm.gateway->leases().binding_count() == 1);
}

TEST_CASE("gateway: what the kernel does not let go stays, and can be tried again") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  (void)realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  realm.kernel.fail_commits = true;
  CHECK_FALSE(realm.gateway->replace_address(nb, other, realm.now));
  CHECK(realm.gateway->leases().binding_count() == 1);
  CHECK(realm.gateway->leases().config().pool == std::vector{nb});
  realm.kernel.fail_commits = false;
  CHECK(realm.gateway->replace_address(nb, other, realm.now));
  CHECK(realm.gateway->leases().binding_count() == 0);
}

TEST_CASE("gateway: nothing is leased of an address that is away, and what is leased stays") {
  Realm realm;
  const ClientId client = realm.enroll(x1);
  const auto held = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  realm.gateway->set_away(nb, true);
  const auto before = realm.kernel.elements;
  CHECK(realm.refused(x1, rsap(client, wire::AnyPorts{4})).error == wire::ErrorCode::local_addr_unavailable);
  CHECK(realm.kernel.elements == before);
  (void)realm.ask<wire::ExtendResponse>(x1, extend_request(client, held.bind, LeaseTime{50}));
  CHECK(realm.gateway->take_unasked().empty());
  realm.gateway->set_away(nb, false);
  (void)realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
}

}  // namespace gateway_pool_test
