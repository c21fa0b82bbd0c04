// SPDX-License-Identifier: GPL-2.0-or-later
// Tables that the kernel lets nobody but their owner change (Linux 6.9).
#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "namespace.hpp"
#include "realm.hpp"
#include "ruleset_view.hpp"
#include "skip.hpp"
#include "steer/nft.hpp"
#include "steer/ruleset.hpp"
#include "steer/watch.hpp"

namespace ownership_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

void check_ok(const Result<void>& result) {
  CHECK_MESSAGE(result, (result ? "" : result.error().text()));
}

steer::Nft open_nft() {
  Result<steer::Nft> nft = steer::Nft::open();
  REQUIRE(nft);
  return std::move(*nft);
}

/// Of another process.
bool nft(const std::string& command) {
  return std::system(("nft '" + command + "' > /dev/null 2>&1").c_str()) == 0;
}

/// Whether the tables are there, both, and nobody else's.
bool owned_by(steer::Nft& owner) {
  return tables() == std::vector<std::string>{"netdev rsip", "ip rsip"} && owner.try_to_own_tables() &&
         !open_nft().try_to_own_tables();
}

bool kernel_has_ownership() {
  const Namespace space;
  const Inside inside(space);
  return static_cast<bool>(open_nft().try_to_own_tables());
}

constexpr std::string_view no_ownership = "no NFT_TABLE_F_PERSIST, which is in Linux 6.9 and later";

/// The skeleton in force and owned, with a lease, in a namespace of its own.
class Owned {
 public:
  Owned() : inside_(space_), text(loadable_skeleton({"lo"})), owner(open_nft()) {
    REQUIRE(steer::renew(text, *owner));
    lease();
  }
  void lease() { check_ok(owner->commit(steer::Transaction::everything(elements()))); }
  static steer::Elements elements() {
    return steer::port_elements({"lo", 1}, gateway_public, Port{40000}, {ClientId{1}, BindId{1}, x1_private}, 1h);
  }
  /// As by kill -9: the kernel closes the socket.
  void kill_owner() { owner.reset(); }
  void restart() {
    owner.emplace(open_nft());
    check_ok(steer::renew(text, *owner));
  }

 private:
  Namespace space_;
  Inside inside_;

 public:
  std::string text;
  std::optional<steer::Nft> owner;
};

}  // namespace

TEST_CASE("ownership: others can neither flush, delete nor change the tables, and can read them") {
  if (!kernel_has_ownership()) return skip("ownership: others can neither flush, delete nor change", no_ownership);
  Owned tables;
  CHECK(owned_by(*tables.owner));
  REQUIRE(nft("add table ip other"));
  CHECK(nft("flush ruleset"));
  CHECK(test::tables() == std::vector<std::string>{"netdev rsip", "ip rsip"});
  for (const char* command :
       {"delete table ip rsip", "flush table netdev rsip", "add rule ip rsip prerouting drop", "add chain ip rsip mine",
        "add element netdev rsip port_in { 198.51.100.1 . 7 timeout 1h : \"lo\" }",
        "delete element netdev rsip port_in { 198.51.100.1 . 40000 }", "flush set ip rsip port_out",
        "add table ip rsip { flags dormant; }"}) {
    CAPTURE(command);
    CHECK_FALSE(nft(command));
  }
  CHECK(elements_of("netdev rsip port_in").size() == 1);
  CHECK(element_of("netdev rsip port_in", "198.51.100.1 . 40000").comment == "client 1 bind 1 10.0.0.11");
  CHECK(ruleset_text().find("chain from_hosts_port {") != std::string::npos);
  CHECK(nft("list ruleset"));
  CHECK(nft("list table ip rsip"));

  // the owner can
  const steer::Element element = Owned::elements().front();
  steer::Transaction change;
  change.replace(element);
  check_ok(tables.owner->commit(change));
  check_ok(tables.owner->delete_tables());
  CHECK(test::tables().empty());
}

TEST_CASE("ownership: whoever is not the owner is told so") {
  if (!kernel_has_ownership()) return skip("ownership: whoever is not the owner is told so", no_ownership);
  Owned tables;
  steer::Nft other = open_nft();
  CHECK(other.own_tables().error().code == EPERM);
  CHECK(other.try_to_own_tables().error().code == EPERM);
  CHECK(steer::renew(tables.text, other).error().code == EPERM);
  CHECK(owned_by(*tables.owner));
  check_ok(steer::check_skeleton(tables.text));  // which `rsipd --check` does beside a running one
}

TEST_CASE("ownership: to renew the rules keeps leases and the owner") {
  if (!kernel_has_ownership()) return skip("ownership: to renew the rules keeps leases and the owner", no_ownership);
  Owned tables;
  const Result<steer::Watch> opened = steer::Watch::open(tables.owner->port());
  REQUIRE(opened);
  const std::uint32_t port = tables.owner->port();
  check_ok(steer::renew(tables.text, *tables.owner));
  CHECK(tables.owner->port() == port);  // which the watch ignores
  CHECK(owned_by(*tables.owner));
  CHECK(elements_of("netdev rsip port_in").size() == 1);
  tables.lease();
  CHECK(nft("flush ruleset"));
  CHECK(elements_of("netdev rsip port_in").size() == 1);
}

TEST_CASE("ownership: the tables outlive their owner, and the next one takes them over as they are") {
  if (!kernel_has_ownership()) return skip("ownership: the tables outlive their owner", no_ownership);
  Owned tables;
  tables.kill_owner();
  CHECK(elements_of("netdev rsip port_in").size() == 1);
  tables.restart();
  CHECK(owned_by(*tables.owner));
  CHECK(elements_of("netdev rsip port_in").size() == 1);
  CHECK_FALSE(nft("delete table ip rsip"));
}

TEST_CASE("ownership: what others did while there was no owner is put right") {
  if (!kernel_has_ownership()) return skip("ownership: what others did while there was no owner", no_ownership);
  Owned tables;
  const std::multiset<std::string> lines = ruleset_lines();
  tables.kill_owner();
  std::string command;
  SUBCASE("a rule, an element") {
    command =
        "insert rule ip rsip from_hosts drop; add element netdev rsip port_in { 198.51.100.1 . 7 timeout 1h : \"lo\" }";
  }
  SUBCASE("a chain with a hook") {
    command = "add chain ip rsip mine { type filter hook forward priority 0; policy drop; }";
  }
  SUBCASE("a flushed table") {
    command = "flush table ip rsip";
  }
  SUBCASE("a deleted table") {
    command = "delete table ip rsip";
  }
  SUBCASE("a flushed ruleset") {
    command = "flush ruleset";
  }
  CAPTURE(command);
  REQUIRE(nft(command));
  tables.restart();
  tables.lease();
  CHECK(owned_by(*tables.owner));
  CHECK(elements_of("netdev rsip port_in").size() == 1);
  CHECK(ruleset_lines() == lines);
}

TEST_CASE("ownership: tables without an owner stay as they are, and those that had one can be used without") {
  const bool can_own = kernel_has_ownership();
  const Namespace space;
  const Inside inside(space);
  const std::string text = loadable_skeleton({"lo"});
  std::optional<steer::Nft> owner(open_nft());
  if (can_own) {
    check_ok(steer::renew(text, *owner));
    owner.emplace(open_nft());
    check_ok(steer::renew(text));  // an orphan, by one who wants none
    check_ok(owner->commit(steer::Transaction::everything(Owned::elements())));
    CHECK(nft("flush ruleset"));
    CHECK(tables().empty());
  }
  check_ok(steer::renew(text));
  check_ok(owner->commit(steer::Transaction::everything(Owned::elements())));
  const std::multiset<std::string> before = ruleset_lines();
  const Result<void> refused = steer::renew(text, *owner);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EOPNOTSUPP);
  CHECK_FALSE(refused.error().remedy.empty());
  CHECK(owner->try_to_own_tables().error().code == EOPNOTSUPP);
  CHECK(elements_of("netdev rsip port_in").size() == 1);
  CHECK(ruleset_lines() == before);
  CHECK(nft("flush ruleset"));
  CHECK(static_cast<bool>(steer::renew(text, *owner)) == can_own);
  CHECK(tables().size() == (can_own ? 2 : 0));
}

}  // namespace ownership_test
