// SPDX-License-Identifier: GPL-2.0-or-later
// Reading the journal: what holds, for a start, and who had what, for an operator.
#include <algorithm>
#include <cerrno>
#include <unordered_map>
#include <utility>

#include "store/journal_inner.hpp"
#include "store/pack.hpp"

namespace rsip::store {
namespace {

using lease::Binding;

tl::unexpected<Error> damaged(const Database& database, const char* what) {
  return failure(EUCLEAN, "journal " + database.path() + ": " + what);
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Whether the number that is asked for, if one is, belongs to a binding.
bool holds(const Binding& binding, const Journal::Asked& asked) {
  const auto contain = [](const auto& runs, const auto& id) {
    return std::ranges::any_of(runs, [&id](const auto& run) { return run.contains(id); });
  };
  if (asked.port) return contain(binding.ports, *asked.port);
  return asked.spi ? contain(binding.spis, *asked.spi) : true;
}

/// Calls `take` for each row; it says what is wrong with one.
template <typename Take>
Result<void> each(Statement& rows, const Take& take) {
  Result<bool> more = rows.step();
  for (; more && *more; more = rows.step()) {
    Result<void> done = take();
    if (done) continue;
    rows.reset();
    return done;
  }
  return more ? Result<void>() : tl::unexpected(more.error());
}

class Loading {
 public:
  Loading(Database& database, const Clocks& clocks, bool same_boot, std::chrono::seconds hold,
          std::chrono::seconds longest)
      : database_(database),
        now_(clocks.steady()),
        wall_now_(clocks.wall()),
        same_boot_(same_boot),
        hold_(hold),
        longest_(longest) {}

  Result<Saved> run() {
    for (Result<void> (Loading::*part)() : {&Loading::registrations, &Loading::bindings, &Loading::rests, &Loading::ike,
                                            &Loading::answers, &Loading::proofs}) {
      if (const Result<void> done = (this->*part)(); !done) return tl::unexpected(done.error());
    }
    return std::move(saved_);
  }

 private:
  /// A time on our steady clock. That of another boot means nothing; where the machine was down, the wall clock tells.
  lease::Time time(const Statement& row, int column) const {
    if (same_boot_) return lease::Time(std::chrono::nanoseconds(row.integer(column)));
    return now_ + (WallTime(std::chrono::milliseconds(row.integer(column + 1))) - wall_now_);
  }

  Result<void> registrations() {
    Result<Statement> rows = database_.prepare(
        "SELECT host, client, expires_steady, expires_wall, last_bind, udp, port, gateway, endpoint FROM registration");
    if (!rows) return tl::unexpected(rows.error());
    return each(*rows, [&]() -> Result<void> {
      SavedHost host;
      host.registration.host = address_of(rows->integer(0));
      host.registration.client = static_cast<ClientId>(rows->integer(1));
      host.registration.expires = std::min(time(*rows, 2), now_ + longest_);
      host.registration.last_bind = static_cast<std::uint32_t>(rows->integer(4));
      host.session = {rows->integer(5) != 0, static_cast<std::uint16_t>(rows->integer(6)), address_of(rows->integer(7)),
                      static_cast<std::uint32_t>(rows->integer(8))};
      by_host_.emplace(host.registration.host, saved_.hosts.size());
      saved_.hosts.push_back(std::move(host));
      return {};
    });
  }

  Result<void> bindings() {
    const std::string sql = std::string("SELECT host, expires_steady, expires_wall, ") + binding_columns +
                            " FROM binding WHERE ended_wall IS NULL ORDER BY host, bind";
    Result<Statement> rows = database_.prepare(sql.c_str());
    if (!rows) return tl::unexpected(rows.error());
    return each(*rows, [&]() -> Result<void> {
      std::optional<Binding> binding = read_binding(*rows, 3);
      if (!binding) return damaged(database_, "a binding cannot be read");
      binding->expires = std::min(time(*rows, 1), now_ + longest_);
      lease::Registration* registration = find(rows->integer(0));
      if (registration == nullptr) return damaged(database_, "a binding is without its registration");
      registration->bindings.emplace(binding->id, std::move(*binding));
      return {};
    });
  }

  Result<void> rests() {
    const std::string sql =
        std::string("SELECT ended_steady, ended_wall, ") + binding_columns +
        (same_boot_ ? " FROM binding WHERE ended_steady > ?" : " FROM binding WHERE ended_wall > ?");
    Result<Statement> rows = database_.prepare(sql.c_str());
    if (!rows) return tl::unexpected(rows.error());
    rows->bind(1, same_boot_ ? nanoseconds(now_ - hold_) : milliseconds(wall_now_ - hold_));
    Result<void> done = each(*rows, [&]() -> Result<void> {
      std::optional<Binding> binding = read_binding(*rows, 2);
      if (!binding) return damaged(database_, "a binding cannot be read");
      saved_.rests.push_back({binding->address,
                              {std::move(binding->ports), std::move(binding->spis), binding->prefix},
                              std::min(time(*rows, 0), now_)});
      return {};
    });
    std::ranges::stable_sort(saved_.rests, {}, &SavedRest::ended);
    return done;
  }

  Result<void> ike() {
    Result<Statement> rows = database_.prepare("SELECT host, bind, peer, cookie FROM ike ORDER BY id");
    if (!rows) return tl::unexpected(rows.error());
    return each(*rows, [&]() -> Result<void> {
      lease::Registration* registration = find(rows->integer(0));
      if (registration == nullptr) return damaged(database_, "a cookie is without its registration");
      lease::IkeState state{static_cast<BindId>(rows->integer(1)), address_of(rows->integer(2)), std::nullopt};
      if (const std::optional<std::int64_t> cookie = rows->optional_integer(3)) {
        state.cookie = static_cast<Cookie>(static_cast<std::uint64_t>(*cookie));
      }
      registration->ike.push_back(state);
      return {};
    });
  }

  Result<void> answers() {
    Result<Statement> rows = database_.prepare("SELECT host, port, counter, answer FROM answer ORDER BY id");
    if (!rows) return tl::unexpected(rows.error());
    return each(*rows, [&]() -> Result<void> {
      const std::span<const std::uint8_t> answer = rows->bytes(3);
      saved_.answers.push_back({address_of(rows->integer(0)),
                                static_cast<std::uint16_t>(rows->integer(1)),
                                static_cast<Counter>(rows->integer(2)),
                                {answer.begin(), answer.end()}});
      return {};
    });
  }

  Result<void> proofs() {
    Result<Statement> rows = database_.prepare("SELECT host, stamp, hmac FROM proof ORDER BY id");
    if (!rows) return tl::unexpected(rows.error());
    return each(*rows, [&]() -> Result<void> {
      const std::span<const std::uint8_t> hmac = rows->bytes(2);
      using Stamp = std::chrono::sys_time<std::chrono::microseconds>;
      saved_.proofs.push_back({address_of(rows->integer(0)),
                               Stamp(std::chrono::microseconds(rows->integer(1))),
                               {hmac.begin(), hmac.end()}});
      return {};
    });
  }

  lease::Registration* find(std::int64_t host) {
    const auto found = by_host_.find(address_of(host));
    return found == by_host_.end() ? nullptr : &saved_.hosts[found->second].registration;
  }

  Database& database_;
  lease::Time now_;
  WallTime wall_now_;
  bool same_boot_;
  std::chrono::seconds hold_;
  std::chrono::seconds longest_;
  Saved saved_;
  std::unordered_map<Ipv4, std::size_t> by_host_;
};

}  // namespace

std::optional<Binding> read_binding(const Statement& row, int first) {
  Binding binding;
  binding.id = static_cast<BindId>(row.integer(first));
  binding.kind = static_cast<lease::Kind>(row.integer(first + 1));
  binding.address = address_of(row.integer(first + 2));
  auto ports = unpack_ports(row.bytes(first + 3));
  auto spis = unpack_spis(row.bytes(first + 4));
  auto remotes = unpack_remotes(row.bytes(first + 7));
  if (!ports || !spis || !remotes || binding.kind > lease::Kind::listen_ike) return std::nullopt;
  binding.ports = std::move(*ports);
  binding.spis = std::move(*spis);
  binding.remotes = std::move(*remotes);
  if (const std::optional<std::int64_t> prefix = row.optional_integer(first + 5)) {
    binding.prefix = {static_cast<std::uint32_t>(*prefix), static_cast<std::uint8_t>(row.integer(first + 6))};
  }
  binding.tunnel = static_cast<TunnelType>(row.integer(first + 8));
  binding.gateway = address_of(row.integer(first + 9));
  return binding;
}

Result<bool> Journal::Inner::is_this_boot() {
  const Result<std::string> boot = database.query_text("SELECT id FROM boot");
  if (!boot) return tl::unexpected(boot.error());
  return *boot == clocks.boot;
}

Result<Saved> Journal::load(std::chrono::seconds hold, std::chrono::seconds longest) {
  const Result<bool> same_boot = inner_->is_this_boot();
  if (!same_boot) return tl::unexpected(same_boot.error());
  return Loading(inner_->database, inner_->clocks, *same_boot, hold, longest).run();
}

Result<void> Journal::begin_boot(std::chrono::seconds hold, std::chrono::seconds longest) {
  Inner& inner = *inner_;
  const Result<bool> begun = inner.is_this_boot();
  if (!begun) return tl::unexpected(begun.error());
  if (*begun) return {};
  const std::int64_t wall_now = milliseconds(inner.clocks.wall());
  const std::int64_t steady_now = nanoseconds(inner.clocks.steady());
  return inner.in_transaction([&]() -> Result<void> {
    const auto run = [&](const char* sql, const auto&... values) -> Result<void> {
      Result<Statement> statement = inner.database.prepare(sql);
      if (!statement) return tl::unexpected(statement.error());
      int parameter = 0;
      (statement->bind(++parameter, values), ...);
      return statement->run();
    };
    // One difference for all, so that their order stays. What does not rest any more needs no time of this boot.
    Result<void> done = run(
        "UPDATE binding SET ended_steady = CASE WHEN ended_wall > ?1 - ?3 THEN (ended_wall - ?1) * 1000000 + ?2 END "
        "WHERE ended_steady IS NOT NULL",
        wall_now, steady_now, milliseconds(WallTime(hold)));
    for (const char* sql : {"UPDATE binding SET expires_steady = (min(expires_wall - ?1, ?3)) * 1000000 + ?2 "
                            "WHERE ended_wall IS NULL",
                            "UPDATE registration SET expires_steady = (min(expires_wall - ?1, ?3)) * 1000000 + ?2"}) {
      if (done) done = run(sql, wall_now, steady_now, milliseconds(WallTime(longest)));
    }
    if (done) done = run("DELETE FROM boot");
    if (done) done = run("INSERT INTO boot VALUES (?, 0)", bytes_of(inner.clocks.boot));
    return done;
  });
}

Result<Journal::Page> Journal::who(const Asked& asked, std::int64_t from, std::uint32_t rows) {
  Statement& who = inner_->statements->who;
  Page page;
  std::uint32_t seen = 0;
  std::int64_t last = 0;
  const Result<void> done = each(who.bind(1, from).bind(2, std::int64_t{rows}), [&]() -> Result<void> {
    ++seen;
    last = who.integer(0);
    Tenancy tenancy;
    tenancy.started = WallTime(std::chrono::milliseconds(who.integer(3)));
    if (const std::optional<std::int64_t> ended = who.optional_integer(4)) {
      tenancy.ended = WallTime(std::chrono::milliseconds(*ended));
    }
    if (tenancy.started > asked.time || (tenancy.ended && *tenancy.ended < asked.time)) return {};
    if (address_of(who.integer(5 + 2)) != asked.address) return {};
    std::optional<Binding> binding = read_binding(who, 5);
    if (!binding) return damaged(inner_->database, "a binding cannot be read");
    if (!binding->shares_address() || holds(*binding, asked)) {
      tenancy.host = address_of(who.integer(1));
      tenancy.client = static_cast<ClientId>(who.integer(2));
      tenancy.binding = std::move(*binding);
      page.found.push_back(std::move(tenancy));
    }
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  if (seen == rows) page.next = last + 1;
  return page;
}

}  // namespace rsip::store
