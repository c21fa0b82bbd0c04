// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/row_sum.hpp"

#include <sodium.h>
#include <sqlite3.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "store/database.hpp"

namespace rsip::store {
namespace {

void put(std::vector<std::uint8_t>& bytes, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

/// SipHash of the values and their kinds. The key is no secret: this is about disks, not about people.
void row_sum(sqlite3_context* context, int count, sqlite3_value** values) {
  std::vector<std::uint8_t> bytes;
  for (sqlite3_value* const* value = values; value != values + count; ++value) {
    const int type = sqlite3_value_type(*value);
    bytes.push_back(static_cast<std::uint8_t>(type));
    if (type == SQLITE_INTEGER) put(bytes, static_cast<std::uint64_t>(sqlite3_value_int64(*value)));
    if (type != SQLITE_BLOB) continue;
    const auto* blob = static_cast<const std::uint8_t*>(sqlite3_value_blob(*value));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(*value));
    put(bytes, size);
    bytes.insert(bytes.end(), blob, blob + size);
  }
  constexpr std::array<std::uint8_t, crypto_shorthash_KEYBYTES> key{};
  std::array<std::uint8_t, crypto_shorthash_BYTES> hash{};
  (void)crypto_shorthash(hash.data(), bytes.data(), bytes.size(), key.data());
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : hash) sum = sum << 8 | byte;  // the same on every machine, as the file is
  sqlite3_result_int64(context, static_cast<std::int64_t>(sum));
}

}  // namespace

Result<void> define_row_sum(sqlite3* database) {
  const int code = sqlite3_create_function_v2(database, "row_sum", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                              row_sum, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(ENOMEM, "give SQLite a function");
  return {};
}

Result<void> check_row_sums(Database& database) {
  // All columns but the generated one, in their order, which is how the schema names them to row_sum.
  const Result<std::string> count = database.query_text(
      "SELECT 'SELECT ' || group_concat('(SELECT count(*) FROM ' || name || ' WHERE sum IS NOT row_sum(' || columns || "
      "'))', ' + ') FROM (SELECT t.name AS name, group_concat(c.name) AS columns FROM sqlite_schema AS t "
      "JOIN pragma_table_info(t.name) AS c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' GROUP BY t.name)");
  if (!count) return tl::unexpected(count.error());
  const Result<std::int64_t> wrong = database.query(count->c_str());
  if (!wrong) return tl::unexpected(wrong.error());
  if (*wrong == 0) return {};
  return failure(EUCLEAN,
                 "journal " + database.path() + ": rows that are not as they were written: " + std::to_string(*wrong));
}

}  // namespace rsip::store
