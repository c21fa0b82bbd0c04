// SPDX-License-Identifier: GPL-2.0-or-later
// Journals of other versions of rsipd: an earlier one's is read, a later one's is left alone and said to be one.
#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <iterator>

#include "directory.hpp"
#include "store/database.hpp"
#include "store/journal.hpp"

namespace store_versions_test {

using namespace rsip;
using namespace rsip::store;
using namespace std::chrono_literals;

namespace {

constexpr Ipv4 nb{0xc6336401};
constexpr Ipv4 x1{0x0a00000b};
constexpr Ipv4 y{0xcb007102};

/// What each version has left on disks, as it is there: this text is never changed, a new version gets one of its own.
/// All say the same: x1 has ports, SPIs, a prefix, remotes and a cookie; one binding of it rests; a last answer, a
/// proof.
constexpr std::array versions{R"(
  CREATE TABLE boot (
    id BLOB NOT NULL, returns INTEGER NOT NULL,
    sum INTEGER NOT NULL GENERATED ALWAYS AS (row_sum(id, returns)) STORED
  );
  CREATE TABLE registration (
    host INTEGER PRIMARY KEY,
    client INTEGER NOT NULL UNIQUE,
    expires_steady INTEGER NOT NULL, expires_wall INTEGER NOT NULL,
    last_bind INTEGER NOT NULL,
    udp INTEGER NOT NULL, port INTEGER NOT NULL, gateway INTEGER NOT NULL, endpoint INTEGER NOT NULL,
    sum INTEGER NOT NULL GENERATED ALWAYS AS (row_sum(
      host, client, expires_steady, expires_wall, last_bind, udp, port, gateway, endpoint)) STORED
  );
  CREATE TABLE binding (
    id INTEGER PRIMARY KEY,
    host INTEGER NOT NULL, client INTEGER NOT NULL, bind INTEGER NOT NULL,
    kind INTEGER NOT NULL, address INTEGER NOT NULL,
    ports BLOB NOT NULL, spis BLOB NOT NULL, prefix INTEGER, prefix_bits INTEGER, remotes BLOB NOT NULL,
    tunnel INTEGER NOT NULL, gateway INTEGER NOT NULL,
    started_wall INTEGER NOT NULL,
    expires_steady INTEGER NOT NULL, expires_wall INTEGER NOT NULL,
    ended_steady INTEGER, ended_wall INTEGER,
    sum INTEGER NOT NULL GENERATED ALWAYS AS (row_sum(
      id, host, client, bind, kind, address, ports, spis, prefix, prefix_bits, remotes, tunnel, gateway,
      started_wall, expires_steady, expires_wall, ended_steady, ended_wall)) STORED
  );
  CREATE UNIQUE INDEX binding_in_force ON binding (host, bind) WHERE ended_wall IS NULL;
  CREATE INDEX binding_ended ON binding (ended_wall) WHERE ended_wall IS NOT NULL;
  CREATE INDEX binding_resting ON binding (ended_steady) WHERE ended_steady IS NOT NULL;
  CREATE TABLE ike (
    id INTEGER PRIMARY KEY,
    host INTEGER NOT NULL, bind INTEGER NOT NULL, peer INTEGER NOT NULL, cookie INTEGER,
    sum INTEGER NOT NULL GENERATED ALWAYS AS (row_sum(id, host, bind, peer, cookie)) STORED
  );
  CREATE INDEX ike_of ON ike (host, bind);
  CREATE TABLE answer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host INTEGER NOT NULL UNIQUE, port INTEGER NOT NULL, counter INTEGER NOT NULL, answer BLOB NOT NULL,
    sum INTEGER NOT NULL GENERATED ALWAYS AS (row_sum(id, host, port, counter, answer)) STORED
  );
  CREATE TABLE proof (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host INTEGER NOT NULL UNIQUE, stamp INTEGER NOT NULL, hmac BLOB NOT NULL,
    sum INTEGER NOT NULL GENERATED ALWAYS AS (row_sum(id, host, stamp, hmac)) STORED
  );
  INSERT INTO boot VALUES (CAST('first' AS BLOB), 0);
  INSERT INTO registration VALUES (0x0a00000b, 4711, 1300000000000, 1795564800000, 7, 1, 1234, 0x0a000001, 1);
  INSERT INTO binding VALUES (1, 0x0a00000b, 4711, 7, 2, 0xc6336401,
    X'00009c40000000040000ffff00000001', X'1000000000000010', 0xa5c30000, 16, X'cb00710200000000cb007102000101f4',
    1, 0x0a000001, 1795564500000, 1200000000000, 1795564700000, NULL, NULL);
  INSERT INTO binding VALUES (2, 0x0a00000b, 4711, 6, 1, 0xc6336401, X'00009c5000000002', X'', NULL, NULL, X'',
    1, 0x0a000001, 1795564300000, 1200000000000, 1795564700000, 990000000000, 1795564490000);
  INSERT INTO ike VALUES (1, 0x0a00000b, 7, 0xcb007102, -1);
  INSERT INTO answer VALUES (1, 0x0a00000b, 1234, 4294967295, X'010203');
  INSERT INTO proof VALUES (1, 0x0a00000b, 1795564499000000, X'a0b0');
  PRAGMA application_id = 0x52534950;
  PRAGMA user_version = 1;
)"};

/// The time at which those were written.
Clocks clocks() {
  return {[] { return lease::Time{1000s}; }, [] { return WallTime{1795564500s}; }, "first"};
}

void execute(const std::string& path, const char* sql) {
  Result<Database> database = Database::open(path);
  REQUIRE(database);
  const Result<void> done = database->execute(sql);
  REQUIRE_MESSAGE(done, (done ? "" : done.error().text()));
}

void check_content(const Result<Saved>& saved) {
  REQUIRE_MESSAGE(saved, (saved ? "" : saved.error().text()));
  REQUIRE(saved->hosts.size() == 1);
  const lease::Registration& host = saved->hosts[0].registration;
  CHECK(host.host == x1);
  CHECK(host.client == ClientId{4711});
  CHECK(host.expires == lease::Time{1300s});
  CHECK(host.last_bind == 7);
  CHECK(saved->hosts[0].session == Session{true, 1234, Ipv4{0x0a000001}, 1});
  REQUIRE(host.bindings.size() == 1);
  const lease::Binding& binding = host.bindings.at(BindId{7});
  CHECK(binding.kind == lease::Kind::rsipsec);
  CHECK(binding.address == nb);
  CHECK(binding.ports == std::vector<Run<Port>>{{Port{40000}, 4}, {Port{65535}, 1}});
  CHECK(binding.spis == std::vector<Run<Spi>>{{Spi{0x10000000}, 16}});
  CHECK(binding.prefix == CookiePrefix{0xa5c30000, 16});
  CHECK(binding.remotes == std::vector<Remote>{{y, std::nullopt}, {y, Port{500}}});
  CHECK(binding.tunnel == TunnelType::ip_ip);
  CHECK(binding.gateway == Ipv4{0x0a000001});
  CHECK(binding.expires == lease::Time{1200s});
  CHECK(host.ike == std::vector<lease::IkeState>{{BindId{7}, y, Cookie{0xffffffffffffffff}}});
  REQUIRE(saved->rests.size() == 1);
  CHECK(saved->rests[0].numbers.ports == std::vector<Run<Port>>{{Port{40016}, 2}});
  CHECK(saved->rests[0].ended == lease::Time{990s});
  REQUIRE(saved->answers.size() == 1);
  CHECK(saved->answers[0].answer == std::vector<std::uint8_t>{1, 2, 3});
  REQUIRE(saved->proofs.size() == 1);
  CHECK(saved->proofs[0].hmac == std::vector<std::uint8_t>{0xa0, 0xb0});
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("journal: what each earlier version has written is read") {
  for (std::size_t version = 1; version <= versions.size(); ++version) {
    CAPTURE(version);
    const test::Directory directory;
    const std::string path = directory.path + "/journal";
    execute(path, versions.at(version - 1));
    Result<Journal> journal = Journal::open(path, clocks());
    REQUIRE_MESSAGE(journal, (journal ? "" : journal.error().text()));
    check_content(journal->load(120s, 86400s));
  }
}

TEST_CASE("journal: the newest version is among those that are tested") {
  const test::Directory directory;
  const std::string path = directory.path + "/journal";
  REQUIRE(Journal::open(path, clocks()));
  Result<Database> database = Database::open(path);
  REQUIRE(database);
  CHECK(database->query("PRAGMA user_version") == static_cast<std::int64_t>(versions.size()));
}

TEST_CASE("journal: the sum of a row is what it was in earlier versions") {
  const test::Directory directory;
  const std::string path = directory.path + "/journal";
  execute(path, versions.back());
  Result<Database> database = Database::open(path);
  REQUIRE(database);
  CHECK(database->query("SELECT sum FROM binding WHERE id = 1") == -5900093637331036271);
}

TEST_CASE("journal: a row that was written without its sum is damage") {
  const test::Directory directory;
  const std::string path = directory.path + "/journal";
  execute(path, versions.back());
  // As the generated column would be, but for the value.
  execute(path,
          "PRAGMA writable_schema = ON;"
          "UPDATE sqlite_schema SET sql = 'CREATE TABLE boot (id BLOB NOT NULL, returns INTEGER NOT NULL, sum INTEGER)'"
          " WHERE name = 'boot';");
  execute(path, "UPDATE boot SET returns = 1;");
  const Result<Journal> refused = Journal::open(path, clocks());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EUCLEAN);
  CHECK_MESSAGE(refused.error().text().find("rows that are not as they were written: 1") != std::string::npos,
                refused.error().text());
}

TEST_CASE("journal: a later version's, or another program's, is refused as it is") {
  const test::Directory directory;
  const std::string path = directory.path + "/journal";
  execute(path, versions.back());
  std::string words;
  SUBCASE("a later version's") {
    execute(path, "PRAGMA user_version = 1000; ALTER TABLE binding ADD COLUMN later INTEGER;");
    words = "it is of version 1000, this rsipd knows up to " + std::to_string(versions.size());
  }
  SUBCASE("another program's") {
    execute(path, "PRAGMA application_id = 7;");
    words = "this is no journal of rsipd";
  }
  const std::string before = bytes_of(path);
  const Result<Journal> refused = Journal::open(path, clocks());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EUCLEAN);
  CHECK_MESSAGE(refused.error().text().find(words) != std::string::npos, refused.error().text());
  CHECK(bytes_of(path) == before);
}

}  // namespace store_versions_test
