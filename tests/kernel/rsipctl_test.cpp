// SPDX-License-Identifier: GPL-2.0-or-later
// What rsipctl makes of the elements in the kernel.
#include <doctest/doctest.h>

#include <cerrno>

#include "realm.hpp"
#include "rsipctl/tables.hpp"

namespace rsipctl_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

std::vector<ctl::Binding> bindings(const Realm& realm) {
  const Inside inside(realm.gateway);
  Result<std::vector<ctl::Binding>> listed = ctl::bindings();
  REQUIRE_MESSAGE(listed, (listed ? "" : listed.error().text()));
  return std::move(*listed);
}

}  // namespace

TEST_CASE("rsipctl: shared addresses, by client and bind ID") {
  Realm realm;
  realm.lease_to_hosts();
  const std::vector<ctl::Binding> listed = bindings(realm);
  REQUIRE(listed.size() == 2);
  const ctl::Binding& one = listed.front();
  CHECK(one.client == "1");
  CHECK(one.bind == "1");
  CHECK(one.host == "10.0.0.11");
  CHECK(one.address == "198.51.100.1");
  CHECK(one.device == "rsip1");
  CHECK_FALSE(one.whole);
  CHECK(one.remotes.empty());
  REQUIRE(one.ports.size() == 1);
  CHECK(one.ports.front().first == x1_port);
  CHECK(one.ports.front().last == x1_port);
  REQUIRE(one.spis.size() == 1);
  CHECK(one.spis.front().first == x1_spi);
  CHECK(one.cookies == std::vector<std::uint64_t>{x1_cookie});
  CHECK(one.expires > 3500);
  CHECK(listed.back().cookies.empty());
}

TEST_CASE("rsipctl: whole addresses and remotes") {
  Realm realm;
  const auto owner = [](std::uint32_t bind) { return steer::Owner{ClientId{1}, BindId{bind}, x1_private}; };
  const Remote y{y_public, {}};
  const Remote z{{y_public.value + 1}, {}};
  const Remote y_port{y_public, Port{53}};
  steer::Transaction lease;
  lease.add(steer::address_elements(realm.rsip1, x1_whole, owner(1), 1h));
  lease.add(steer::address_elements(realm.rsip1, x2_whole, owner(2), 1h, y));
  lease.add(steer::address_elements(realm.rsip1, x2_whole, owner(3), 1h, y_port));
  for (const Remote& remote : {y, z}) {
    for (const Port port : {Port{40000}, Port{40001}}) {
      lease.add(steer::port_elements(realm.rsip1, gateway_public, port, owner(4), 1h, remote));
    }
    lease.add(steer::spi_elements(realm.rsip1, gateway_public, Spi{x1_spi}, owner(4), 1h, remote));
    lease.add(steer::cookie_elements(realm.rsip1, gateway_public, Cookie{x1_cookie}, y_public, owner(4), 1h, remote));
  }
  lease.add(steer::port_elements(realm.rsip1, gateway_public, Port{40002}, owner(5), 1h, y_port));
  realm.commit(lease);

  const std::vector<ctl::Binding> listed = bindings(realm);
  REQUIRE(listed.size() == 5);
  const ctl::Remote any_port_of_y{"198.51.100.2", 0};
  CHECK(listed[0].whole);
  CHECK(listed[0].address == "198.51.100.9");
  CHECK(listed[0].remotes.empty());
  CHECK(listed[1].whole);
  CHECK(listed[1].address == "198.51.100.10");
  CHECK(listed[1].remotes == std::vector{any_port_of_y});
  CHECK(listed[2].whole);
  CHECK(listed[2].remotes == std::vector{ctl::Remote{"198.51.100.2", 53}});
  CHECK_FALSE(listed[3].whole);
  CHECK(listed[3].remotes == std::vector{any_port_of_y, ctl::Remote{"198.51.100.3", 0}});
  REQUIRE(listed[3].ports.size() == 1);
  CHECK(listed[3].ports.front().first == 40000);
  CHECK(listed[3].ports.front().last == 40001);
  CHECK(listed[3].spis.size() == 1);
  CHECK(listed[3].cookies == std::vector<std::uint64_t>{x1_cookie});
  CHECK(listed[4].remotes == std::vector{ctl::Remote{"198.51.100.2", 53}});
  REQUIRE(listed[4].ports.size() == 1);
  CHECK(listed[4].ports.front().first == 40002);
}

TEST_CASE("rsipctl: counters with their meaning, and no tables at all") {
  const Realm realm;
  {
    const Inside inside(realm.gateway);
    const Result<std::vector<ctl::Counter>> counters = ctl::counters();
    REQUIRE(counters);
    CHECK(counters->size() == 12);
    for (const ctl::Counter& counter : *counters) CHECK_FALSE(counter.meaning.empty());
  }
  const Inside outside(realm.outside);
  CHECK(ctl::bindings().error().code == ENOENT);
  CHECK(ctl::counters().error().code == ENOENT);
}

}  // namespace rsipctl_test
