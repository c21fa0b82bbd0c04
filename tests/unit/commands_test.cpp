// SPDX-License-Identifier: GPL-2.0-or-later
// What an operator may ask a running rsipd for.
#include "daemon/commands.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "gateway_realm.hpp"

using namespace rsip;
using namespace rsip::test;
using nlohmann::json;

TEST_CASE("commands: revoke") {
  Realm realm;
  const auto obeyed = [&](const std::string& line) { return json::parse(obey(*realm.gateway, line, realm.now)); };
  const auto refused = [&](const std::string& line) { return obeyed(line).contains("error"); };
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  CHECK(refused(R"({"command": "revoke", "host": "10.0.0.11", "bind": 2})"));
  CHECK(refused(R"({"command": "revoke", "host": "10.0.0.11", "bind": -1})"));
  CHECK(refused(R"({"command": "revoke", "host": "10.0.0.11", "bind": "1"})"));
  CHECK(refused(R"({"command": "revoke", "host": 7})"));
  CHECK(refused(R"({"command": "revoke"})"));
  CHECK(refused(R"({"command": "dance"})"));
  CHECK(refused("[1, 2]"));
  CHECK(refused("nonsense"));
  CHECK_FALSE(realm.kernel.elements.empty());
  CHECK(obeyed(R"({"command": "revoke", "host": "10.0.0.11", "bind": 1})") == json::object());
  CHECK(realm.kernel.elements.empty());
  CHECK(obeyed(R"({"command": "revoke", "host": "10.0.0.11"})") == json::object());
  CHECK(refused(R"({"command": "revoke", "host": "10.0.0.11"})"));
}
