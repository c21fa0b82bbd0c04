// SPDX-License-Identifier: GPL-2.0-or-later
// What rsipctl doctor says of other people's firewalls, and whether the kernel does as it says.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "doctor/firewall.hpp"
#include "doctor/listing.hpp"
#include "doctor/machine.hpp"
#include "realm.hpp"
#include "steer/ruleset.hpp"

namespace doctor_test {

using namespace rsip;
using namespace rsip::test;
using nlohmann::json;

namespace {

/// Of the caller's network namespace.
doctor::Ruleset ruleset() {
  const Result<json> listing = doctor::list_foreign_tables();
  REQUIRE(listing);
  return doctor::Ruleset(*listing);
}

doctor::Settings settings() {
  doctor::Settings settings;
  settings.public_interfaces = {"wan"};
  settings.private_interfaces = {"lan"};
  settings.pool = {gateway_public};
  settings.exclusive_pool = {x1_whole, x2_whole};
  settings.ports = {{Port{20000}, 40000}};
  return settings;
}

const std::vector<doctor::Network> lan{{"lan", {{0x0a000000}, 24}}};

std::vector<doctor::Finding> firewalls() {
  return doctor::firewall_findings(ruleset(), settings(), lan);
}

std::vector<doctor::Finding> nat() {
  return doctor::nat_findings(ruleset(), settings(), lan, {gateway_public});
}

void load(const std::string& text) {
  const Result<void> loaded = steer::load(text);
  REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().text()));
}

bool speaks_of(const std::vector<doctor::Finding>& findings, const std::string& words) {
  return std::ranges::any_of(
      findings, [&](const doctor::Finding& finding) { return finding.what.find(words) != std::string::npos; });
}

std::string example(const std::string& name) {
  std::ifstream file(std::string(RSIP_EXAMPLES) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// As others load them. "to" is where a packet of a host ends: it comes from rsip1 and leaves by wan.

constexpr const char* forward_drop = R"(
table inet filter {
  chain forward { type filter hook forward priority 0; policy drop; ct state established,related accept; }
})";

constexpr const char* docker = R"(
table ip filter {
  chain FORWARD {
    type filter hook forward priority 0; policy drop;
    counter jump DOCKER-USER
    counter jump DOCKER-ISOLATION-STAGE-1
    oifname "docker0" ct state related,established counter accept
    oifname "docker0" counter jump DOCKER
    iifname "docker0" oifname != "docker0" counter accept
  }
  chain DOCKER { }
  chain DOCKER-USER { counter return; }
  chain DOCKER-ISOLATION-STAGE-1 {
    iifname "docker0" oifname != "docker0" counter jump DOCKER-ISOLATION-STAGE-2
    counter return
  }
  chain DOCKER-ISOLATION-STAGE-2 { oifname "docker0" counter drop; counter return; }
})";

constexpr const char* firewalld = R"(
table inet firewalld {
  chain filter_FORWARD {
    type filter hook forward priority 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_FORWARD_ZONES
    reject with icmpx admin-prohibited
  }
  chain filter_FORWARD_ZONES {
    iifname "lan" goto filter_FWD_internal
    goto filter_FWD_public
  }
  chain filter_FWD_internal { accept; }
  chain filter_FWD_public { jump filter_FWD_public_deny; reject with icmpx admin-prohibited; }
  chain filter_FWD_public_deny { }
  chain filter_INPUT {
    type filter hook input priority 10; policy accept;
    ct state { established, related } accept
    iifname "lo" accept
    ct state invalid drop
    iifname vmap { "lan" : goto filter_IN_internal }
    reject with icmpx admin-prohibited
  }
  chain filter_IN_internal { tcp dport 22 accept; reject; }
})";

constexpr const char* openwrt = R"(
table inet fw4 {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state vmap { established : accept, related : accept }
    iifname "lan" jump forward_lan
    iifname "wan" jump forward_wan
    jump handle_reject
  }
  chain forward_lan { jump accept_to_wan; }
  chain forward_wan { icmp type echo-request limit rate 1000/second accept; jump handle_reject; }
  chain accept_to_wan { oifname "wan" counter accept; }
  chain handle_reject { meta l4proto tcp reject with tcp reset; reject; }
})";

constexpr const char* output_drop = R"(
table ip filter {
  chain OUTPUT { type filter hook output priority 0; policy drop; ip protocol icmp accept; }
})";

}  // namespace

TEST_CASE("doctor: without other tables, and with the firewalls of nft-rules/examples, nothing is in the way") {
  Realm realm;
  const Inside inside(realm.gateway);
  CHECK(firewalls().empty());
  load(example("simple-firewall.nft"));
  load(example("own-ipsec.nft"));
  for (const doctor::Finding& finding : firewalls()) FAIL_CHECK(finding.what);
}

TEST_CASE("doctor: what it says of a forward chain is what the kernel does, before and after its remedy") {
  Realm realm;
  realm.lease_to_hosts();
  const char* text = nullptr;
  std::string chain;
  SUBCASE("policy drop") {
    text = forward_drop;
    chain = "table inet filter, chain forward";
  }
  SUBCASE("OpenWrt") {
    text = openwrt;
    chain = "table inet fw4, chain forward";
  }
  SUBCASE("reject after zones") {
    text = firewalld;
    chain = "table inet firewalld, chain filter_FORWARD";
  }
  SUBCASE("docker") {
    text = docker;
    chain = "table ip filter, chain FORWARD";
  }
  std::string remedy;
  {
    const Inside inside(realm.gateway);
    load(text);
    // Where rsip1 is a real tunnel, what comes out of it has come in as IP-IP before.
    if (text == firewalld) load("insert rule inet firewalld filter_INPUT ip protocol 4 accept");
    for (const doctor::Finding& finding : firewalls()) {
      if (finding.what.starts_with(chain)) {
        CHECK(finding.certain);
        CHECK(finding.what.ends_with("what hosts send to wan: TCP, UDP, ESP, AH, ICMP"));
        remedy = finding.remedy;
      }
    }
    CHECK_FALSE(remedy.empty());
  }
  const Packet out = udp({gateway_public, y_public}, x1_port, 53);
  realm.x1->send(out);
  CHECK(realm.y->silent());
  {
    const Inside inside(realm.gateway);
    // What iptables and firewalld would make of theirs, as neither need be installed.
    const std::string words = "iifname \"rsip*\" oifname \"wan\" accept";
    if (remedy.starts_with("iptables")) {
      CHECK(remedy == "iptables -I FORWARD -i rsip+ -o wan -j ACCEPT");
      remedy = "nft insert rule ip filter FORWARD " + words;
    } else if (remedy.starts_with("firewall-cmd")) {
      CHECK(remedy == "firewall-cmd --permanent --zone=trusted --add-interface=rsip+ && firewall-cmd --reload");
      remedy = "nft insert rule inet firewalld filter_FORWARD_ZONES " + words;
    }
    REQUIRE(remedy.starts_with("nft insert rule "));
    load(remedy.substr(4));
    CHECK_FALSE(speaks_of(firewalls(), chain));
  }
  realm.x1->send(out);
  CHECK(realm.y->receive() == forwarded(out));
}

TEST_CASE("doctor: requests and tunnels that do not come in, answers that do not go out") {
  Realm realm;
  const Inside inside(realm.gateway);
  load(firewalld);
  CHECK(speaks_of(firewalls(), "chain filter_INPUT drops requests to rsipd from lan: TCP, UDP"));
  CHECK(speaks_of(firewalls(), "chain filter_INPUT drops tunnels from hosts on lan: IP-IP"));
  load("flush ruleset");
  load(output_drop);
  const std::vector<doctor::Finding> findings = firewalls();
  CHECK(speaks_of(findings, "chain OUTPUT drops answers of rsipd to lan: TCP, UDP"));
  CHECK(speaks_of(findings, "chain OUTPUT drops tunnels to hosts on lan: IP-IP"));
  CHECK(speaks_of(findings, "slow path (fragments, ICMP, what is bigger than the tunnel): TCP, UDP, ESP, AH"));
}

TEST_CASE("doctor: a rule that it cannot judge leaves it in doubt, and says so") {
  Realm realm;
  const Inside inside(realm.gateway);
  load(R"(
table inet filter {
  set trusted { type ifname; elements = { "rsip1" }; }
  chain forward { type filter hook forward priority 0; policy drop; iifname @trusted accept; }
})");
  const std::vector<doctor::Finding> findings = firewalls();
  REQUIRE(findings.size() == 1);
  CHECK_FALSE(findings.front().certain);
  CHECK(findings.front().what.starts_with("table inet filter, chain forward may drop"));
}

TEST_CASE("doctor: NAT that may pick a leased port, or gives a whole address away") {
  Realm realm;
  const Inside inside(realm.gateway);
  const auto with = [](const std::string& rule) {
    load("add table ip nat\ndelete table ip nat\n");
    load("table ip nat {\n chain postrouting {\n type nat hook postrouting priority 100\n" + rule + "\n }\n}\n");
    return nat();
  };
  CHECK(with("oifname \"wan\" masquerade").size() == 1);
  CHECK(with("oifname \"wan\" masquerade").front().certain);
  CHECK(with("oifname \"wan\" masquerade").front().remedy.find("masquerade to :1024-19999") != std::string::npos);
  CHECK(with("oifname \"wan\" ip protocol { tcp, udp } masquerade to :1024-30000").size() == 1);
  CHECK(with("oifname \"wan\" snat to 198.51.100.1").size() == 1);
  CHECK(with("oifname \"wan\" snat to 198.51.100.0-198.51.100.8").size() == 1);
  CHECK(with("ip saddr 10.0.0.128/25 oifname \"wan\" masquerade").size() == 1);
  CHECK_FALSE(with("ip saddr 10.0.0.128/25 oifname \"wan\" masquerade").front().certain);
  CHECK(speaks_of(with("oifname \"wan\" snat to 198.51.100.9"), "lease as a whole"));
  CHECK(with("oifname \"wan\" snat to 198.51.100.200").empty());
  CHECK(with("oifname \"lan\" masquerade").empty());
  CHECK(with("oifname \"wan\" ip protocol { tcp, udp } masquerade to :1024-19999").empty());
  load(example("nat-beside-rsip.nft"));
  CHECK(nat().empty());
}

TEST_CASE("doctor: settings and addresses of the machine") {
  Realm realm;
  const Inside inside(realm.gateway);
  const auto said = [](const doctor::Settings& asked, const std::string& words) {
    const Result<doctor::Machine> machine = doctor::examine(asked);
    REQUIRE(machine);
    return speaks_of(machine->findings, words);
  };
  add_address("lan", {gateway_private.value + 1}, 24);
  const Result<doctor::Machine> machine = doctor::examine(settings());
  REQUIRE(machine);
  CHECK(machine->primary == std::vector{gateway_public});
  REQUIRE(machine->networks.size() == 1);
  CHECK(machine->networks.front().prefix == Prefix{{0x0a000000}, 24});

  set_sysctl("ip_forward", "0");
  CHECK(said(settings(), "does not forward"));
  set_sysctl("ip_forward", "1");
  CHECK_FALSE(said(settings(), "does not forward"));
  set_sysctl("conf/all/rp_filter", "1");
  CHECK(said(settings(), "reverse path filtering"));
  set_sysctl("conf/all/rp_filter", "0");
  CHECK_FALSE(said(settings(), "reverse path filtering"));

  set_sysctl("ip_local_reserved_ports", "20000-30000,30002-59999");
  CHECK(said(settings(), "may pick one of the leased ports"));
  set_sysctl("ip_local_reserved_ports", "20000-30000,30001-59999");
  CHECK_FALSE(said(settings(), "may pick one of the leased ports"));

  doctor::Settings other = settings();
  other.pool = {{0xcb007105}};
  CHECK(said(other, "pool address 203.0.113.5 does not lead to this machine"));
  other.public_interfaces = {"ppp7"};
  CHECK(said(other, "there is no interface ppp7"));
}

}  // namespace doctor_test
