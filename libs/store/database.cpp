// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/database.hpp"

#include <sqlite3.h>

#include <cerrno>

#include "store/row_sum.hpp"

namespace rsip::store {
namespace {

/// What SQLite says as an errno, for those who look at the code: EUCLEAN is a damaged file.
int errno_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return ENOSPC;
    case SQLITE_READONLY:
      return EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return EACCES;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return EBUSY;
    case SQLITE_NOMEM:
      return ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:  // a table or column that our statements name is not there
      return EUCLEAN;
    default:
      return EIO;
  }
}

const char* remedy_of(int code) {
  switch (errno_of(code)) {
    case ENOSPC:
      return "make room on its file system";
    case EROFS:
    case EACCES:
      return "make its directory writable for the user of rsipd, or choose another with --state-dir";
    case EBUSY:
      return "another program has it open: end that";
    default:
      return "";
  }
}

tl::unexpected<Error> refused(sqlite3* database, const std::string& path) {
  const std::string what = "journal " + path + ": " + sqlite3_errmsg(database);
  const int code = sqlite3_extended_errcode(database);
  return failure(errno_of(code), what, remedy_of(code));
}

tl::unexpected<Error> refused(sqlite3* database) {
  const char* name = sqlite3_db_filename(database, "main");
  return refused(database, name == nullptr ? "" : name);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

// Binding fails only for a parameter that there is not, or without memory; the run that follows fails then, too.
Statement& Statement::bind(int parameter, std::int64_t value) {
  (void)sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, std::optional<std::int64_t> value) {
  if (value) return bind(parameter, *value);
  (void)sqlite3_bind_null(statement_.get(), parameter);
  return *this;
}

Statement& Statement::bind(int parameter, std::span<const std::uint8_t> bytes) {
  (void)sqlite3_bind_blob64(statement_.get(), parameter, bytes.empty() ? "" : static_cast<const void*>(bytes.data()),
                            bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

Result<void> Statement::run() {
  Result<bool> more = true;
  while (more && *more) more = step();
  return more ? Result<void>() : tl::unexpected(more.error());
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3* database = sqlite3_db_handle(statement_.get());
  Result<bool> result = false;
  if (code != SQLITE_DONE) result = refused(database);
  reset();
  return result;
}

// What it returns is what the last step has failed with.
void Statement::reset() {
  (void)sqlite3_reset(statement_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::span<const std::uint8_t> Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const std::uint8_t*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* database) const {
  (void)sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::string& path) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<sqlite3, Close> database(opened);  // there even where it could not be opened
  if (!database) return failure(ENOMEM, "open the journal " + path);
  if (code != SQLITE_OK) return refused(database.get(), path);  // without a file it has no name of one
  (void)sqlite3_extended_result_codes(database.get(), 1);
  if (Result<void> done = define_row_sum(database.get()); !done) return tl::unexpected(done.error());
  return Database(std::move(database), path);
}

Result<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return refused(database_.get());
  }
  return Statement(statement);
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return refused(database_.get());
  return {};
}

std::int64_t Database::changed() const {
  return sqlite3_changes64(database_.get());
}

Result<std::int64_t> Database::query(const char* sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const Result<bool> row = statement->step();
  if (!row) return tl::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

Result<std::string> Database::query_text(const char* sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const Result<bool> row = statement->step();
  if (!row) return tl::unexpected(row.error());
  const auto text = *row ? statement->bytes(0) : std::span<const std::uint8_t>();
  return std::string(text.begin(), text.end());
}

}  // namespace rsip::store
