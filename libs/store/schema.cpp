// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/schema.hpp"

#include <array>
#include <cerrno>

#include "store/row_sum.hpp"

namespace rsip::store {
namespace {

// "RSIP", for file(1) and for us.
constexpr std::int64_t application_id = 0x52534950;

// One daemon has the file to itself (and so needs no shared memory beside it); others are told that it is busy.
constexpr const char* alone = "PRAGMA locking_mode = EXCLUSIVE;";

// A commit is on the disk when it returns. Writes to the file: only where it is ours.
constexpr const char* settings = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
)";

// From each version to the next; the last of them is the one that is written. Times: _steady in ns since boot, _wall in
// ms of Unix time. A binding whose ended_wall is NULL is in force; others rest, and then are history. A sum is of all
// other columns of its table, in their order.
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
)"};

tl::unexpected<Error> damaged(const Database& database, const std::string& why) {
  return failure(EUCLEAN, "journal " + database.path() + ": " + why);
}

Result<void> migrate(Database& database, std::int64_t from) {
  std::string sql = "BEGIN IMMEDIATE;";
  for (auto version = static_cast<std::size_t>(from); version < versions.size(); ++version) sql += versions.at(version);
  sql += "PRAGMA application_id = " + std::to_string(application_id) + ";";
  sql += "PRAGMA user_version = " + std::to_string(versions.size()) + "; COMMIT;";
  Result<void> done = database.execute(sql.c_str());
  if (!done) (void)database.execute("ROLLBACK");
  return done;
}

}  // namespace

Result<void> set_up(Database& database) {
  if (Result<void> done = database.execute(alone); !done) return done;
  const Result<std::int64_t> there = database.query("SELECT count(*) FROM sqlite_schema");
  if (!there) return tl::unexpected(there.error());
  if (*there == 0) {
    if (Result<void> done = database.execute(settings); !done) return done;
    return migrate(database, 0);
  }
  const Result<std::int64_t> whose = database.query("PRAGMA application_id");
  if (!whose) return tl::unexpected(whose.error());
  if (*whose != application_id) return damaged(database, "this is no journal of rsipd");
  const Result<std::int64_t> found = database.query("PRAGMA user_version");
  if (!found) return tl::unexpected(found.error());
  const auto newest = static_cast<std::int64_t>(versions.size());
  if (*found < 1 || *found > newest) {
    return damaged(database,
                   "it is of version " + std::to_string(*found) + ", this rsipd knows up to " + std::to_string(newest));
  }
  if (Result<void> done = database.execute(settings); !done) return done;
  const Result<std::string> sound = database.query_text("PRAGMA integrity_check(1)");
  if (!sound) return tl::unexpected(sound.error());
  if (*sound != "ok") return damaged(database, *sound);
  if (Result<void> done = check_row_sums(database); !done) return done;
  return *found == newest ? Result<void>() : migrate(database, *found);
}

}  // namespace rsip::store
