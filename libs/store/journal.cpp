// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/journal.hpp"

#include <cerrno>
#include <utility>

#include "store/journal_inner.hpp"
#include "store/pack.hpp"
#include "store/schema.hpp"

namespace rsip::store {
namespace {

using lease::Binding;
using lease::Registration;

/// SQLite's numbers have a sign; the bits are what counts.
std::optional<std::int64_t> stored(const std::optional<Cookie>& cookie) {
  return cookie ? std::optional(static_cast<std::int64_t>(number(*cookie))) : std::nullopt;
}

}  // namespace

std::int64_t nanoseconds(lease::Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::int64_t milliseconds(WallTime time) {
  return time.time_since_epoch().count();
}

Ipv4 address_of(std::int64_t value) {
  return Ipv4{static_cast<std::uint32_t>(value)};
}

Journal::Journal(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

Result<Journal> Journal::open(const std::string& path, Clocks clocks) {
  Result<Database> database = Database::open(path);
  if (!database) return tl::unexpected(database.error());
  auto inner = std::make_unique<Inner>(std::move(*database), std::move(clocks));
  if (const Result<void> done = set_up(inner->database); !done) return tl::unexpected(done.error());
  if (const Result<void> done = inner->prepare(); !done) return tl::unexpected(done.error());
  return Journal(std::move(inner));
}

Result<void> Journal::Inner::prepare() {
  std::optional<Error> error;
  const std::string who_sql = std::string("SELECT id, host, client, started_wall, ended_wall, ") + binding_columns +
                              " FROM binding WHERE id >= ? ORDER BY id LIMIT ?";
  const auto make = [&](const char* sql) {
    Result<Statement> made = database.prepare(sql);
    if (!made && !error) error = made.error();
    return made ? std::move(*made) : Statement();
  };
  statements.emplace(Statements{
      .begin = make("BEGIN IMMEDIATE"),
      .commit = make("COMMIT"),
      .rollback = make("ROLLBACK"),
      .put_registration = make("INSERT INTO registration VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      .end_registration = make("DELETE FROM registration WHERE host = ?"),
      .renew_registration = make("UPDATE registration SET last_bind = ?, expires_steady = ?, expires_wall = ? "
                                 "WHERE host = ?"),
      .put_session = make("UPDATE registration SET udp = ?, port = ?, gateway = ?, endpoint = ? WHERE host = ?"),
      .put_binding = make("INSERT INTO binding VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)"),
      .extend_binding = make("UPDATE binding SET expires_steady = ?, expires_wall = ? "
                             "WHERE host = ? AND bind = ? AND ended_wall IS NULL"),
      .end_binding = make("UPDATE binding SET ended_steady = ?, ended_wall = ? "
                          "WHERE host = ? AND bind = ? AND ended_wall IS NULL"),
      .put_ike = make("INSERT INTO ike VALUES (NULL, ?, ?, ?, ?)"),
      .forget_ike = make("DELETE FROM ike WHERE host = ? AND bind = ? AND peer = ? AND cookie IS ?"),
      .forget_ike_of = make("DELETE FROM ike WHERE host = ? AND bind = ?"),
      .put_answer = make("INSERT OR REPLACE INTO answer VALUES (NULL, ?, ?, ?, ?)"),
      .put_proof = make("INSERT OR REPLACE INTO proof VALUES (NULL, ?, ?, ?)"),
      .who = make(who_sql.c_str()),
      .forget_bindings = make("DELETE FROM binding WHERE id IN "
                              "(SELECT id FROM binding WHERE ended_wall < ? ORDER BY ended_wall LIMIT ?)"),
      .forget_answers = make("DELETE FROM answer WHERE id IN "
                             "(SELECT id FROM answer ORDER BY id DESC LIMIT ?2 OFFSET ?1)"),
      .forget_proofs = make("DELETE FROM proof WHERE id IN "
                            "(SELECT id FROM proof ORDER BY id DESC LIMIT ?2 OFFSET ?1)"),
  });
  return error ? tl::unexpected(*error) : Result<void>();
}

/// The wall clock at a time on the steady one, as things are now.
WallTime Journal::Inner::wall(lease::Time time) const {
  return clocks.wall() + std::chrono::ceil<std::chrono::milliseconds>(time - clocks.steady());
}

void Journal::Inner::change(Statement& statement, Weight weight) {
  promised = promised || weight == Weight::promise;
  if (!begun && !failed) {
    const Result<void> done = statements->begin.run();
    if (!done) failed = done.error();
    begun = done.has_value();
  }
  if (failed) return;
  if (const Result<void> done = statement.run(); !done) failed = done.error();
}

void Journal::registered(const Registration& registration, const Session& session) {
  Statement& put = inner_->statements->put_registration;
  put.bind(1, std::int64_t{registration.host.value}).bind(2, std::int64_t{number(registration.client)});
  put.bind(3, nanoseconds(registration.expires)).bind(4, milliseconds(inner_->wall(registration.expires)));
  put.bind(5, std::int64_t{registration.last_bind});
  put.bind(6, std::int64_t{session.udp}).bind(7, std::int64_t{session.port});
  put.bind(8, std::int64_t{session.gateway.value}).bind(9, std::int64_t{session.endpoint});
  inner_->change(put);
}

void Journal::deregistered(Ipv4 host) {
  inner_->change(inner_->statements->end_registration.bind(1, std::int64_t{host.value}));
}

void Journal::heard(Ipv4 host, const Session& session) {
  Statement& put = inner_->statements->put_session;
  put.bind(1, std::int64_t{session.udp}).bind(2, std::int64_t{session.port});
  put.bind(3, std::int64_t{session.gateway.value}).bind(4, std::int64_t{session.endpoint});
  inner_->change(put.bind(5, std::int64_t{host.value}), Inner::Weight::note);
}

void Journal::assigned(const Registration& registration, const Binding& binding) {
  Statement& put = inner_->statements->put_binding;
  put.bind(1, std::int64_t{registration.host.value}).bind(2, std::int64_t{number(registration.client)});
  put.bind(3, std::int64_t{number(binding.id)}).bind(4, static_cast<std::int64_t>(binding.kind));
  put.bind(5, std::int64_t{binding.address.value});
  put.bind(6, pack(binding.ports)).bind(7, pack(binding.spis));
  put.bind(8, binding.prefix ? std::optional<std::int64_t>(binding.prefix->value) : std::nullopt);
  put.bind(9, binding.prefix ? std::optional<std::int64_t>(binding.prefix->bits) : std::nullopt);
  put.bind(10, pack(binding.remotes));
  put.bind(11, std::int64_t{static_cast<std::uint8_t>(binding.tunnel)}).bind(12, std::int64_t{binding.gateway.value});
  put.bind(13, milliseconds(inner_->clocks.wall()));
  put.bind(14, nanoseconds(binding.expires)).bind(15, milliseconds(inner_->wall(binding.expires)));
  inner_->change(put);
  inner_->renew(registration);
}

void Journal::extended(const Registration& registration, const Binding& binding) {
  Statement& extend = inner_->statements->extend_binding;
  extend.bind(1, nanoseconds(binding.expires)).bind(2, milliseconds(inner_->wall(binding.expires)));
  inner_->change(extend.bind(3, std::int64_t{registration.host.value}).bind(4, std::int64_t{number(binding.id)}));
  inner_->renew(registration);
}

void Journal::ended(Ipv4 host, BindId bind, lease::Time at) {
  Statement& end = inner_->statements->end_binding;
  end.bind(1, nanoseconds(at)).bind(2, milliseconds(inner_->wall(at)));
  inner_->change(end.bind(3, std::int64_t{host.value}).bind(4, std::int64_t{number(bind)}));
  Statement& forget = inner_->statements->forget_ike_of;
  inner_->change(forget.bind(1, std::int64_t{host.value}).bind(2, std::int64_t{number(bind)}));
}

/// RFC 3103 section 6: the registration lasts as long as the longest of its bindings.
void Journal::Inner::renew(const Registration& registration, Weight weight) {
  Statement& statement = statements->renew_registration;
  statement.bind(1, std::int64_t{registration.last_bind});
  statement.bind(2, nanoseconds(registration.expires)).bind(3, milliseconds(wall(registration.expires)));
  change(statement.bind(4, std::int64_t{registration.host.value}), weight);
}

void Journal::renewed(const Registration& registration) {
  inner_->renew(registration, Inner::Weight::note);
}

void Journal::ike_learned(Ipv4 host, const lease::IkeState& state) {
  Statement& put = inner_->statements->put_ike;
  put.bind(1, std::int64_t{host.value}).bind(2, std::int64_t{number(state.bind)});
  put.bind(3, std::int64_t{state.peer.value}).bind(4, stored(state.cookie));
  inner_->change(put, Inner::Weight::note);
}

void Journal::ike_forgotten(Ipv4 host, const lease::IkeState& state) {
  Statement& forget = inner_->statements->forget_ike;
  forget.bind(1, std::int64_t{host.value}).bind(2, std::int64_t{number(state.bind)});
  inner_->change(forget.bind(3, std::int64_t{state.peer.value}).bind(4, stored(state.cookie)), Inner::Weight::note);
}

void Journal::answered(const SavedAnswer& answer) {
  Statement& put = inner_->statements->put_answer;
  put.bind(1, std::int64_t{answer.host.value}).bind(2, std::int64_t{answer.port});
  inner_->change(put.bind(3, std::int64_t{number(answer.counter)}).bind(4, answer.answer), Inner::Weight::note);
}

void Journal::proven(const SavedProof& proof) {
  Statement& put = inner_->statements->put_proof;
  put.bind(1, std::int64_t{proof.host.value}).bind(2, std::int64_t{proof.stamp.time_since_epoch().count()});
  inner_->change(put.bind(3, proof.hmac), Inner::Weight::note);
}

Result<bool> Journal::is_unused() {
  const Result<std::int64_t> rows =
      inner_->database.query("SELECT (SELECT count(*) FROM boot) + (SELECT count(*) FROM registration)");
  if (!rows) return tl::unexpected(rows.error());
  return *rows == 0;
}

void Journal::adopt(const Saved& saved) {
  for (const SavedHost& host : saved.hosts) {
    const Registration& registration = host.registration;
    registered(registration, host.session);
    for (const auto& [bind, binding] : registration.bindings) assigned(registration, binding);
    for (const lease::IkeState& state : registration.ike) ike_learned(registration.host, state);
  }
}

bool Journal::has_changes() const {
  return inner_->begun || inner_->failed;
}

bool Journal::has_promises() const {
  return inner_->promised;
}

Result<void> Journal::commit() {
  std::optional<Error> failed = std::exchange(inner_->failed, std::nullopt);
  const bool begun = std::exchange(inner_->begun, false);
  inner_->promised = false;
  if (begun && !failed) {
    if (const Result<void> done = inner_->statements->commit.run(); !done) failed = done.error();
  }
  if (!failed) return {};
  // Some errors end the transaction by themselves, and then there is none to end.
  if (begun) (void)inner_->statements->rollback.run();
  return tl::unexpected(*failed);
}

void Journal::rollback() {
  inner_->failed.reset();
  inner_->promised = false;
  if (std::exchange(inner_->begun, false)) (void)inner_->statements->rollback.run();
}

Result<void> Journal::catch_up(std::chrono::seconds grace) {
  Inner& inner = *inner_;
  return inner.in_transaction([&inner, grace]() -> Result<void> {
    const lease::Time over = inner.clocks.steady() - grace;
    for (const char* sql : {"UPDATE binding SET ended_steady = expires_steady, ended_wall = expires_wall "
                            "WHERE ended_wall IS NULL AND expires_steady <= ?",
                            "DELETE FROM registration WHERE expires_steady <= ?",
                            "DELETE FROM ike WHERE NOT EXISTS (SELECT 1 FROM binding WHERE binding.host = ike.host AND "
                            "binding.bind = ike.bind AND ended_wall IS NULL AND expires_steady > ?)",
                            // Something has to be written in any case.
                            "UPDATE boot SET returns = returns + 1 WHERE ? IS NOT NULL"}) {
      Result<Statement> statement = inner.database.prepare(sql);
      if (!statement) return tl::unexpected(statement.error());
      if (Result<void> done = statement->bind(1, nanoseconds(over)).run(); !done) return done;
    }
    return {};
  });
}

Result<bool> Journal::forget_before(WallTime time, std::size_t hosts, std::uint32_t most) {
  Inner::Statements& statements = *inner_->statements;
  statements.forget_bindings.bind(1, milliseconds(time));
  for (Statement* forget : {&statements.forget_answers, &statements.forget_proofs}) {
    forget->bind(1, static_cast<std::int64_t>(hosts));
  }
  bool more = false;
  for (Statement* forget : {&statements.forget_bindings, &statements.forget_answers, &statements.forget_proofs}) {
    const Result<void> done = forget->bind(2, std::int64_t{most}).run();
    if (!done) return tl::unexpected(done.error());
    more = more || inner_->database.changed() >= most;
  }
  return more;
}

}  // namespace rsip::store
