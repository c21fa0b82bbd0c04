// SPDX-License-Identifier: GPL-2.0-or-later
// Loading, replacing and removing the two tables.
#include "steer/skeleton.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "namespace.hpp"
#include "realm.hpp"
#include "ruleset_view.hpp"
#include "skip.hpp"
#include "steer/probe.hpp"
#include "steer/ruleset.hpp"

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

void check_ok(const Result<void>& result) {
  CHECK_MESSAGE(result, (result ? "" : result.error().text()));
}

}  // namespace

TEST_CASE("skeleton: the text that is built in loads as it is") {
  if (!kernel_has_queue()) return skip("skeleton: the text that is built in loads as it is", "no nft_queue");
  const Namespace space;
  const Inside inside(space);
  check_ok(steer::load(steer::skeleton_text(skeleton_options({"lo"}))));
  CHECK(ruleset_text().find("notrack queue to 4555") != std::string::npos);
}

TEST_CASE("skeleton: one public device or several") {
  const Namespace space;
  const Namespace far;
  const Inside inside(space);
  make_veth("wan0", {2, 0, 0, 0, 0, 1}, "y0", far);
  make_veth("wan1.5", {2, 0, 0, 0, 0, 2}, "y1", far);
  check_ok(steer::load(loadable_skeleton({"wan0"})));
  check_ok(steer::load(loadable_skeleton({"wan0", "wan1.5"})));
  CHECK(ruleset_text().find("wan1.5") != std::string::npos);
  check_ok(steer::load(loadable_skeleton({"wan1.5"})));
  CHECK(ruleset_text().find("wan0") == std::string::npos);
}

TEST_CASE("skeleton: loading again replaces both tables and touches no other") {
  const Namespace space;
  const Inside inside(space);
  check_ok(steer::load("table inet other {\n set s { type ipv4_addr; elements = { 192.0.2.1 }; }\n}\n"));
  check_ok(steer::load(loadable_skeleton({"lo"})));
  Result<steer::Nft> nft = steer::Nft::open();
  REQUIRE(nft);
  steer::Transaction lease;
  lease.add(steer::port_elements({"rsip1", 7}, gateway_public, Port{40000}, {}, 1h));
  check_ok(nft->commit(lease));
  check_ok(steer::load(loadable_skeleton({"lo"})));
  CHECK(elements_of("netdev rsip port_in").empty());
  CHECK(elements_of("ip rsip port_out").empty());
  CHECK(ruleset_text().find("192.0.2.1") != std::string::npos);
  check_ok(nft->commit(lease));
}

TEST_CASE("skeleton: a text with an error changes nothing and nft's own words come back") {
  const Namespace space;
  const Inside inside(space);
  check_ok(steer::load(loadable_skeleton({"lo"})));
  const std::string before = ruleset_text();
  const Result<void> refused = steer::load(loadable_skeleton({"lo"}) + "delete table ip no_such_table\n");
  REQUIRE_FALSE(refused);
  CHECK_MESSAGE(refused.error().text().find("No such file or directory") != std::string::npos, refused.error().text());
  CHECK(ruleset_text() == before);
}

TEST_CASE("skeleton: check changes nothing") {
  const Namespace space;
  const Inside inside(space);
  check_ok(steer::check(loadable_skeleton({"lo"})));
  CHECK(tables().empty());
  CHECK_FALSE(steer::check("delete table ip no_such_table\n"));
}

TEST_CASE("skeleton: unload removes both tables, and may be called without them") {
  const Namespace space;
  const Inside inside(space);
  check_ok(steer::unload());
  check_ok(steer::load(loadable_skeleton({"lo"})));
  CHECK(tables() == std::vector<std::string>{"netdev rsip", "ip rsip"});
  check_ok(steer::unload());
  CHECK(tables().empty());
}

TEST_CASE("skeleton: what nft lists, elements included, nft can load") {
  Realm realm;
  realm.lease_to_hosts();
  steer::Transaction restricted;
  for (const std::optional<Port> port : {std::optional<Port>{}, std::optional(Port{53})}) {
    const std::optional<Remote> remote = Remote{y_public, port};
    restricted.add(steer::port_elements(realm.rsip1, gateway_public, Port{50000}, {}, 1h, remote));
    restricted.add(steer::address_elements(realm.rsip1, x1_whole, {}, 1h, remote));
  }
  restricted.add(steer::address_elements(realm.rsip2, x2_whole, {}, 1h));
  restricted.add(steer::cookie_elements(realm.rsip1, gateway_public, Cookie{7}, {}, 1h, Remote{y_public, {}}));
  realm.commit(restricted);
  const Inside inside(realm.gateway);
  const std::string listed = ruleset_text();
  check_ok(steer::load("flush ruleset\n" + listed));
  CHECK(elements_of("netdev rsip port_in").size() == 2);
  CHECK(elements_of("netdev rsip address_in").size() == 1);
  CHECK(elements_of("ip rsip cookie_out").size() == 1);
  CHECK(elements_of("ip rsip port_in_micro").size() == 1);
  CHECK(elements_of("ip rsip quoted_in_micro").size() == 1);
  CHECK(elements_of("ip rsip cookie_in_macro").size() == 1);
}

TEST_CASE("skeleton: an administrator reads the tunnel's name in the maps") {
  Realm realm;
  realm.lease_to_hosts();
  const Inside inside(realm.gateway);
  CHECK(element_of("netdev rsip port_in", "198.51.100.1 . 40000").device == "rsip1");
  CHECK(element_of("netdev rsip spi_in", "198.51.100.1 . 268435488").device == "rsip2");
}

TEST_CASE("probe: what it misses is what does not work") {
  const Namespace space;
  const Inside inside(space);
  const std::size_t devices_before = device_count();
  const std::vector<steer::Missing> missing = steer::probe(std::vector{TunnelType::ip_ip, TunnelType::gre});
  for (const steer::Missing& each : missing) {
    MESSAGE(each.feature << ": " << each.reason << "; " << each.remedy);
    CHECK_FALSE(each.reason.empty());
    CHECK_FALSE(each.remedy.empty());
  }
  const bool rules_work = static_cast<bool>(steer::check(steer::skeleton_text(skeleton_options({"lo"}))));
  const bool rules_missing =
      std::any_of(missing.begin(), missing.end(), [](const auto& each) { return each.feature.starts_with("nf_"); });
  CHECK(rules_work != rules_missing);
  CHECK(tables().empty());
  CHECK(device_count() == devices_before);
}
