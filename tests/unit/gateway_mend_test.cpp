// SPDX-License-Identifier: GPL-2.0-or-later
// Single elements that somebody else has removed or added.
#include <doctest/doctest.h>

#include <iterator>

#include "gateway_realm.hpp"

namespace gateway_mend_test {

using namespace rsip;
using namespace rsip::test;

namespace {

/// A host with ports, and another one.
struct Leased : Realm {
  Leased() {
    (void)ask<wire::AssignResponseRsapIp>(x1, rsap(enroll(x1), wire::AnyPorts{4}));
    (void)ask<wire::AssignResponseRsapIp>(x2, rsap(enroll(x2), wire::AnyPorts{4}));
    before = kernel.elements;
  }

  steer::Element take(std::size_t index) {
    const auto found = std::next(kernel.elements.begin(), static_cast<std::ptrdiff_t>(index));
    const steer::Element element = found->second;
    kernel.elements.erase(found);
    return element;
  }

  decltype(MemoryKernel::elements) before;
};

}  // namespace

TEST_CASE("gateway: elements that somebody has removed are put back as they were, in one transaction") {
  Leased realm;
  const steer::Elements removed{realm.take(7), realm.take(3), realm.take(0)};
  REQUIRE(realm.kernel.elements.size() + 3 == realm.before.size());
  const int commits = realm.kernel.commits;
  REQUIRE(realm.gateway->mend(removed, {}, realm.now));
  CHECK(realm.kernel.elements == realm.before);
  CHECK(realm.kernel.commits == commits + 1);
}

TEST_CASE("gateway: what somebody has added goes, and what it has replaced comes back") {
  Leased realm;
  const steer::Elements foreign = steer::port_elements({"rsip9", 9}, nb, Port{7}, {ClientId{9}, BindId{9}, x1}, {});
  for (const steer::Element& element : foreign) realm.kernel.elements.emplace(MemoryKernel::key(element), element);
  const steer::Element original = realm.take(0);
  steer::Element changed = original;
  changed.comment = "mine";
  realm.kernel.elements.emplace(MemoryKernel::key(changed), changed);

  steer::Elements added = foreign;
  added.push_back(changed);
  REQUIRE(realm.gateway->mend({original}, added, realm.now));
  CHECK(realm.kernel.elements == realm.before);
}

TEST_CASE("gateway: what belongs to nobody is not put back") {
  Leased realm;
  const steer::Elements stale = steer::port_elements({"rsip1", 1}, nb, Port{7}, {ClientId{1}, BindId{9}, x1}, {});
  const steer::Elements unknown = steer::port_elements({"rsip1", 1}, nb, Port{8}, {ClientId{1}, BindId{9}, {7}}, {});
  CHECK(realm.gateway->mend(stale, {}, realm.now));
  CHECK(realm.gateway->mend(unknown, {}, realm.now));
  CHECK(realm.kernel.elements == realm.before);
}

TEST_CASE("gateway: a refusal of the kernel is told, so that all can be made anew") {
  Leased realm;
  const steer::Elements removed{realm.take(0)};
  realm.kernel.fail_commits = true;
  CHECK_FALSE(realm.gateway->mend(removed, {}, realm.now));
  realm.kernel.fail_commits = false;
  REQUIRE(realm.gateway->reinstate(realm.now));
  CHECK(realm.kernel.elements == realm.before);
}

TEST_CASE("gateway: all that the leases say is made anew, IKE with a peer that one host alone has included") {
  Leased realm;
  const wire::Spis spis = wire::AnySpis{4};
  (void)realm.ask<wire::AssignResponseRsipsec>(
      x1, rsipsec(realm.gateway->leases().find(x1)->client, wire::AnyPorts{1}, spis));
  constexpr Ipv4 y{0xcb007102};
  const std::uint32_t tunnel = realm.gateway->tunnels().find(x1, TunnelType::ip_ip)->device.index;
  REQUIRE(realm.gateway->judge_ike(tunnel, ike(nb, 0xaa, 500, y), realm.now) == steer::Verdict::accept);
  REQUIRE(realm.kernel.count(steer::Family::ip, "sole_in") == 1);
  const auto all = realm.kernel.elements;

  realm.kernel.elements.clear();
  REQUIRE(realm.gateway->reinstate(realm.now));
  CHECK(realm.kernel.elements == all);

  // a tunnel is gone: it is made again, and its elements lead to the new one
  realm.kernel.elements.clear();
  realm.kernel.tunnels.erase(tunnel);
  REQUIRE(realm.gateway->reinstate(realm.now));
  CHECK(realm.gateway->tunnels().find(tunnel) == nullptr);
  CHECK(realm.kernel.tunnels.size() == 2);
  CHECK(realm.kernel.elements.size() == all.size());
}

}  // namespace gateway_mend_test
