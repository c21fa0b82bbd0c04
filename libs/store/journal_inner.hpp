// SPDX-License-Identifier: GPL-2.0-or-later
// Internal to libs/store: what the parts of Journal share.
#pragma once

#include <optional>

#include "store/database.hpp"
#include "store/journal.hpp"

namespace rsip::store {

std::int64_t nanoseconds(lease::Time time);
std::int64_t milliseconds(WallTime time);
Ipv4 address_of(std::int64_t value);

/// The columns of a binding that say what it is, from the first that is given: bind, kind, address, ports, spis,
/// prefix, prefix_bits, remotes, tunnel, gateway. Nothing where they are not what the journal writes.
constexpr const char* binding_columns =
    "bind, kind, address, ports, spis, prefix, prefix_bits, remotes, tunnel, gateway";
std::optional<lease::Binding> read_binding(const Statement& row, int first);

struct Journal::Inner {
  Inner(Database opened, Clocks given) : database(std::move(opened)), clocks(std::move(given)) {}

  Database database;
  Clocks clocks;
  std::optional<Error> failed;  ///< the first error since the last commit
  bool begun = false;
  bool promised = false;

  struct Statements {
    Statement begin, commit, rollback;
    Statement put_registration, end_registration, renew_registration, put_session;
    Statement put_binding, extend_binding, end_binding;
    Statement put_ike, forget_ike, forget_ike_of;
    Statement put_answer, put_proof;
    Statement who;
    Statement forget_bindings, forget_answers, forget_proofs;
  };
  std::optional<Statements> statements;

  enum class Weight { promise, note };
  Result<void> prepare();
  void change(Statement& statement, Weight weight = Weight::promise);
  void renew(const lease::Registration& registration, Weight weight = Weight::promise);
  WallTime wall(lease::Time time) const;
  Result<bool> is_this_boot();
  template <typename Work>
  Result<void> in_transaction(const Work& work);
};

/// All of it or nothing. Not beside changes that wait for commit().
template <typename Work>
Result<void> Journal::Inner::in_transaction(const Work& work) {
  if (Result<void> done = statements->begin.run(); !done) return done;
  Result<void> done = work();
  if (done) done = statements->commit.run();
  if (!done) (void)statements->rollback.run();
  return done;
}

}  // namespace rsip::store
