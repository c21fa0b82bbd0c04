// SPDX-License-Identifier: GPL-2.0-or-later
// Loading, replacing and removing the two tables.
#include "steer/skeleton.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "namespace.hpp"
#include "realm.hpp"
#include "ruleset_view.hpp"
#include "skip.hpp"
#include "steer/lease_sets.hpp"
#include "steer/objects.hpp"
#include "steer/probe.hpp"
#include "steer/ruleset.hpp"

namespace skeleton_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

/// "netdev rsip port_in"
std::string set_name(const steer::SetName& set) {
  return std::string(set.family == steer::Family::netdev ? "netdev" : "ip") + " rsip " + set.name;
}

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

// Debian has it in package netbase, which need not be installed; nft itself knows the names of a few protocols only.
TEST_CASE("skeleton: loads where there is no /etc/protocols") {
  const Namespace space;
  const Inside inside(space);
  FILE* nft = ::popen("unshare --mount sh -c 'mount --bind /dev/null /etc/protocols; exec nft --check --file -'", "w");
  REQUIRE(nft != nullptr);
  CHECK(std::fputs(loadable_skeleton({"lo"}).c_str(), nft) >= 0);
  CHECK(::pclose(nft) == 0);
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

TEST_CASE("skeleton: check_skeleton changes nothing, whatever there is") {
  const Namespace space;
  const Inside inside(space);
  check_ok(steer::check_skeleton(loadable_skeleton({"lo"})));
  CHECK(tables().empty());
  check_ok(steer::load(loadable_skeleton({"lo"})));
  const std::string before = ruleset_text();
  check_ok(steer::check_skeleton(loadable_skeleton({"lo"})));
  CHECK(ruleset_text() == before);
  CHECK_FALSE(steer::check_skeleton("table ip rsip {\n chain c {\n  goto no_such_chain\n }\n}\n"));
}

TEST_CASE("skeleton: both tables are deleted, and may be when there are none") {
  const Namespace space;
  const Inside inside(space);
  Result<steer::Nft> nft = steer::Nft::open();
  REQUIRE(nft);
  check_ok(nft->delete_tables());
  check_ok(steer::load(loadable_skeleton({"lo"})));
  CHECK(tables() == std::vector<std::string>{"netdev rsip", "ip rsip"});
  check_ok(nft->delete_tables());
  CHECK(tables().empty());
  check_ok(steer::load("table ip rsip { }\n"));
  check_ok(nft->delete_tables());
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
  restricted.add(
      steer::cookie_elements(realm.rsip1, gateway_public, Cookie{7}, y_public, {}, 1h, Remote{y_public, {}}));
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

TEST_CASE("skeleton: renewed where there is nothing, it is what it is when it is loaded") {
  const Namespace space;
  const Inside inside(space);
  const std::string text = loadable_skeleton({"lo"});
  check_ok(steer::load(text));
  const std::string loaded = ruleset_text();
  check_ok(steer::load("flush ruleset\n"));
  check_ok(steer::renew(text));
  CHECK(ruleset_text() == loaded);
}

TEST_CASE("skeleton: to renew it replaces the rules and keeps leases and counters") {
  const Namespace space;
  const Inside inside(space);
  const std::string text = loadable_skeleton({"lo"});
  check_ok(steer::renew(text));
  const std::multiset<std::string> before = ruleset_lines();
  Result<steer::Nft> nft = steer::Nft::open();
  REQUIRE(nft);
  steer::Transaction lease;
  lease.add(steer::port_elements({"lo", 1}, gateway_public, Port{40000}, {}, 1h));
  check_ok(nft->commit(lease));
  const std::multiset<std::string> leased = ruleset_lines();

  std::string damage;
  bool are_leases_lost = false;
  SUBCASE("other rules") {
    damage = "add rule ip rsip prerouting drop\nflush chain netdev rsip steer_ike\n";
  }
  SUBCASE("a chain that is not ours") {
    damage = "add chain ip rsip foreign { type filter hook forward priority 0; policy drop; }\n";
  }
  SUBCASE("a chain that a rule leads to") {
    damage = "add chain ip rsip foreign\nadd rule ip rsip from_hosts jump foreign\n";
  }
  SUBCASE("a set, a map, a verdict map and a counter") {
    damage =
        "add set ip rsip foreign { type ipv4_addr; }\nadd map ip rsip foreign_map { type ipv4_addr : mark; }\n"
        "add map ip rsip foreign_verdicts { type ipv4_addr : verdict; elements = { 192.0.2.1 : jump steer } }\n"
        "add counter ip rsip foreign\n";
  }
  SUBCASE("own IKE peers") {
    damage = "add element ip rsip own_ike { 192.0.2.1 }\n";
  }
  SUBCASE("a table asleep") {
    damage = "add table ip rsip { flags dormant; }\n";
  }
  SUBCASE("a chain that is gone") {
    damage = "flush table ip rsip\ndelete chain ip rsip prerouting\n";
  }
  SUBCASE("a table that is gone") {
    damage = "delete table netdev rsip\n";
    are_leases_lost = true;
  }
  SUBCASE("all is gone") {
    damage = "flush ruleset\n";
    are_leases_lost = true;
  }
  SUBCASE("a map of another kind") {
    damage =
        "flush table ip rsip\ndelete map ip rsip port_in\nadd map ip rsip port_in { type ipv4_addr : ipv4_addr; }\n";
    are_leases_lost = true;
  }
  CAPTURE(damage);
  check_ok(steer::load(damage));
  check_ok(steer::renew(text));
  if (are_leases_lost) {
    check_ok(nft->commit(steer::Transaction::everything(lease.additions())));
  }
  CHECK(ruleset_lines() == leased);
  check_ok(nft->commit(steer::Transaction::everything({})));
  CHECK(ruleset_lines() == before);
}

TEST_CASE("skeleton: it is renewed for other devices, and leases stay") {
  const Namespace space;
  const Namespace far;
  const Inside inside(space);
  make_veth("wan0", {2, 0, 0, 0, 0, 1}, "y0", far);
  check_ok(steer::renew(loadable_skeleton({"lo"})));
  Result<steer::Nft> nft = steer::Nft::open();
  REQUIRE(nft);
  steer::Transaction lease;
  lease.add(steer::port_elements({"lo", 1}, gateway_public, Port{40000}, {}, 1h));
  check_ok(nft->commit(lease));
  const auto hooked_on = [](const std::string& devices) {
    return ruleset_text().find("hook ingress devices = { " + devices + " }") != std::string::npos;
  };
  check_ok(steer::renew(loadable_skeleton({"lo", "wan0"})));
  CHECK(hooked_on("lo, wan0"));
  check_ok(steer::renew(loadable_skeleton({"wan0"})));
  CHECK(ruleset_text().find("wan0") != std::string::npos);
  CHECK(ruleset_text().find("lo, ") == std::string::npos);
  CHECK(elements_of("netdev rsip port_in").size() == 1);
}

TEST_CASE("skeleton: every map and set with a lease's elements is among those that a fresh start empties") {
  const Namespace space;
  const Inside inside(space);
  check_ok(steer::load(loadable_skeleton({"lo"})));
  for (const steer::SetName& set : steer::lease_sets()) {
    CAPTURE(set.name);
    CHECK(
        steer::declared_objects(loadable_skeleton({"lo"})).contains({set.family, steer::Object::Kind::set, set.name}));
  }
  Result<steer::Nft> nft = steer::Nft::open();
  REQUIRE(nft);
  const steer::Device lo{"lo", 1};
  const std::optional<Remote> whole(Remote{y_public, std::nullopt});
  const std::optional<Remote> flow(Remote{y_public, Port{80}});
  steer::Transaction all;
  for (const std::optional<Remote>& remote : {std::optional<Remote>(), whole, flow}) {
    all.add(steer::port_elements(lo, gateway_public, Port{40000}, {}, 1h, remote));
    all.add(steer::address_elements(lo, x1_whole, {}, 1h, remote));
    if (remote && remote->port) continue;
    all.add(steer::spi_elements(lo, gateway_public, Spi{0x10000000}, {}, 1h, remote));
    all.add(steer::ipsec_elements(lo, gateway_public, {}, 1h, remote));
    all.add(steer::echo_elements(lo, gateway_public, {}, 1h, remote));
    all.add(steer::cookie_elements(lo, gateway_public, Cookie{7}, y_public, {}, 1h, remote));
    all.add(steer::prefix_elements(lo, gateway_public, {0x70000000, 16}, {}, 1h, remote));
  }
  all.add(steer::peer_elements(lo, gateway_public, y_public, {}, 1h));
  all.add(steer::sole_elements(lo, gateway_public, y_public, {}, 1h));
  all.add(steer::listener_elements(lo, gateway_public, y_public, {}, 1h));
  all.add(steer::listener_elements(lo, gateway_public, std::nullopt, {}, 1h));
  check_ok(nft->commit(all));
  for (const steer::SetName& set : steer::lease_sets()) {
    CAPTURE(set.name);
    CHECK(!elements_of(set_name(set)).empty());
  }

  const steer::Elements kept = steer::port_elements(lo, gateway_public, Port{40000}, {}, 1h);
  check_ok(nft->commit(steer::Transaction::everything(kept)));
  std::size_t left = 0;
  for (const steer::SetName& set : steer::lease_sets()) left += elements_of(set_name(set)).size();
  CHECK(left == kept.size());
  check_ok(nft->commit(steer::Transaction::everything({})));
  CHECK(elements_of("netdev rsip port_in").empty());
}

}  // namespace skeleton_test
