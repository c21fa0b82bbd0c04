// SPDX-License-Identifier: GPL-2.0-or-later
// The named counters as rsipd reads them, and as nft lists them.
#include "steer/counters.hpp"

#include <doctest/doctest.h>

#include <map>

#include "realm.hpp"
#include "steer/ruleset.hpp"

namespace counters_test {

using namespace rsip;
using namespace rsip::test;

TEST_CASE("counters: each of table ip rsip, as it stands, and none of another table's or without the table") {
  Realm realm;
  realm.lease_to_hosts();
  const Inside inside(realm.gateway);
  REQUIRE(steer::load("table ip other {\n counter denied_port { packets 77 bytes 777 }\n}"));
  const Packet stolen = udp({gateway_public, y_public}, x2_port, 53, 1000);
  realm.x1->send(stolen);
  realm.x1->send(stolen);
  CHECK(realm.y->silent());

  Result<steer::Counters> counters = steer::Counters::open();
  REQUIRE(counters);
  const Result<std::vector<steer::NamedCounter>> read = counters->read();
  REQUIRE(read);
  std::map<std::string, steer::NamedCounter> by_name;
  for (const steer::NamedCounter& counter : *read) CHECK(by_name.emplace(counter.name, counter).second);
  for (const auto& [name, counter] : by_name) CHECK_MESSAGE(counter.packets == realm.counter(name), name);
  CHECK(by_name["denied_port"].packets == 2);
  CHECK(by_name["denied_port"].bytes == 2 * stolen.size());

  REQUIRE(steer::load("delete table ip rsip"));
  const Result<std::vector<steer::NamedCounter>> gone = counters->read();
  REQUIRE(gone);
  CHECK(gone->empty());
}

}  // namespace counters_test
