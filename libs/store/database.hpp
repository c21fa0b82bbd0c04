// SPDX-License-Identifier: GPL-2.0-or-later
// Internal to libs/store: SQLite with our kinds of errors and values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "types/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace rsip::store {

/// A statement that is prepared once and run many times. Parameters are numbered from 1, columns from 0.
class Statement {
 public:
  Statement() = default;

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::optional<std::int64_t> value);
  Statement& bind(int parameter, std::span<const std::uint8_t> bytes);

  /// Runs it to its end and makes it ready for the next run.
  Result<void> run();
  /// True while there is a row; then the statement is ready for the next run.
  Result<bool> step();
  /// Ready for the next run, though there may be more rows.
  void reset();

  std::int64_t integer(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  /// There until the next step.
  std::span<const std::uint8_t> bytes(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  /// Makes the file where there is none.
  static Result<Database> open(const std::string& path);

  Result<Statement> prepare(const char* sql);
  /// One or several statements without parameters and without rows.
  Result<void> execute(const char* sql);
  /// The first column of the only row.
  Result<std::int64_t> query(const char* sql);
  /// Of the first row, as text.
  Result<std::string> query_text(const char* sql);
  /// Rows that the last statement has inserted, changed or deleted.
  std::int64_t changed() const;
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(std::unique_ptr<sqlite3, Close> database, std::string path)
      : database_(std::move(database)), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Close> database_;
  std::string path_;
};

}  // namespace rsip::store
