// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>

#include "directory.hpp"
#include "lease/lease_table.hpp"
#include "store/journal.hpp"
#include "store/pack.hpp"

namespace store_journal_test {

using namespace rsip;
using namespace rsip::store;
using namespace std::chrono_literals;

namespace {

constexpr Ipv4 nb{0xc6336401};
constexpr Ipv4 na{0x0a000001};
constexpr Ipv4 x1{0x0a00000b};
constexpr Ipv4 x2{0x0a00000c};
constexpr Ipv4 y{0xcb007102};

/// Both clocks, as the test sets them.
struct Time {
  lease::Time steady{1000s};
  WallTime wall{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25}};
  std::string boot = "first";

  void pass(std::chrono::milliseconds time) {
    steady += time;
    wall += time;
  }
  void reboot(std::chrono::milliseconds down) {
    wall += down;
    steady = lease::Time{20s};
    boot = "second";
  }
  Clocks clocks() {
    return {[this] { return steady; }, [this] { return wall; }, boot};
  }
};

struct Place {
  test::Directory directory;
  std::string path = directory.path + "/journal";
};

Journal open(const Place& place, Time& time) {
  Result<Journal> journal = Journal::open(place.path, time.clocks());
  REQUIRE_MESSAGE(journal, (journal ? "" : journal.error().text()));
  return std::move(*journal);
}

void begin_boot(Journal& journal) {
  const Result<void> done = journal.begin_boot(120s, 86400s);
  REQUIRE_MESSAGE(done, (done ? "" : done.error().text()));
}

Saved load(Journal& journal) {
  Result<Saved> saved = journal.load(120s, 86400s);
  REQUIRE_MESSAGE(saved, (saved ? "" : saved.error().text()));
  return *saved;
}

void commit(Journal& journal) {
  const Result<void> done = journal.commit();
  REQUIRE_MESSAGE(done, (done ? "" : done.error().text()));
}

lease::Registration registration(Ipv4 host, const Time& time) {
  lease::Registration made;
  made.host = host;
  made.client = static_cast<ClientId>(host.value * 3);
  made.expires = time.steady + 300s;
  return made;
}

lease::Binding binding(std::uint32_t id, const Time& time) {
  lease::Binding made;
  made.id = static_cast<BindId>(id);
  made.kind = lease::Kind::rsipsec;
  made.address = nb;
  made.ports = {{Port{40000}, 4}, {Port{65535}, 1}};
  made.spis = {{Spi{0x10000000}, 16}};
  made.prefix = CookiePrefix{0xa5c30000, 16};
  made.remotes = {{y, std::nullopt}, {y, Port{500}}};
  made.gateway = na;
  made.expires = time.steady + 200s;
  return made;
}

/// A journal with one host, one binding, one cookie of all bits.
lease::Registration fill(Journal& journal, Time& time) {
  begin_boot(journal);
  lease::Registration host = registration(x1, time);
  journal.registered(host, {true, 1234, na, 1});
  host.last_bind = 7;
  const lease::Binding made = binding(7, time);
  journal.assigned(host, made);
  host.bindings.emplace(made.id, made);
  host.ike = {{made.id, y, Cookie{0xffffffffffffffff}}, {made.id, y, std::nullopt}};
  for (const lease::IkeState& state : host.ike) journal.ike_learned(x1, state);
  journal.answered({x1, 1234, Counter{0xffffffff}, {1, 2, 3}});
  CHECK(journal.has_changes());
  commit(journal);
  CHECK_FALSE(journal.has_changes());
  return host;
}

bool same(const Saved& one, const Saved& other) {
  const auto same_host = [](const SavedHost& a, const SavedHost& b) {
    const lease::Registration& left = a.registration;
    const lease::Registration& right = b.registration;
    return left.host == right.host && left.client == right.client && left.expires == right.expires &&
           left.last_bind == right.last_bind && left.bindings == right.bindings && left.ike == right.ike &&
           a.session == b.session;
  };
  const auto same_rest = [](const SavedRest& a, const SavedRest& b) {
    return a.address == b.address && a.numbers.ports == b.numbers.ports && a.numbers.spis == b.numbers.spis &&
           a.numbers.prefix == b.numbers.prefix && a.ended == b.ended;
  };
  const auto same_answer = [](const SavedAnswer& a, const SavedAnswer& b) {
    return a.host == b.host && a.port == b.port && a.counter == b.counter && a.answer == b.answer;
  };
  return std::ranges::equal(one.hosts, other.hosts, same_host) &&
         std::ranges::equal(one.rests, other.rests, same_rest) &&
         std::ranges::equal(one.answers, other.answers, same_answer);
}

}  // namespace

TEST_CASE("journal: what was committed is there again") {
  const Place place;
  Time time;
  lease::Registration host;
  {
    Journal journal = open(place, time);
    host = fill(journal, time);
  }
  time.pass(50s);
  Journal journal = open(place, time);
  const Saved saved = load(journal);
  REQUIRE(saved.hosts.size() == 1);
  const lease::Registration& found = saved.hosts[0].registration;
  CHECK(found.host == x1);
  CHECK(found.client == host.client);
  CHECK(found.expires == host.expires);
  CHECK(found.last_bind == 7);
  CHECK(found.bindings == host.bindings);
  CHECK(found.ike == host.ike);
  CHECK(saved.hosts[0].session == Session{true, 1234, na, 1});
  REQUIRE(saved.answers.size() == 1);
  CHECK(saved.answers[0].counter == Counter{0xffffffff});
  CHECK(saved.answers[0].answer == std::vector<std::uint8_t>{1, 2, 3});
  CHECK(saved.rests.empty());
}

TEST_CASE("journal: one that has never been used takes leases that were granted without it") {
  const Place place;
  Time time;
  Saved salvaged;
  {
    Journal journal = open(place, time);
    CHECK(*journal.is_unused());
    lease::Registration host = registration(x1, time);
    host.last_bind = 7;
    host.bindings.emplace(BindId{7}, binding(7, time));
    host.ike = {{BindId{7}, y, Cookie{1}}};
    salvaged.hosts.push_back({host, {}});
    journal.adopt(salvaged);
    commit(journal);
  }
  // It was killed before it could begin the boot.
  Journal journal = open(place, time);
  CHECK_FALSE(*journal.is_unused());
  begin_boot(journal);
  CHECK_FALSE(*journal.is_unused());
  Saved saved = load(journal);
  REQUIRE(saved.hosts.size() == 1);
  CHECK(saved.hosts[0].registration.bindings == salvaged.hosts[0].registration.bindings);
  CHECK(saved.hosts[0].registration.ike == salvaged.hosts[0].registration.ike);
  CHECK(saved.hosts[0].registration.expires == salvaged.hosts[0].registration.expires);
  CHECK_FALSE(saved.hosts[0].session.is_known());

  journal.heard(x1, {true, 1234, na, 1});
  commit(journal);
  CHECK(load(journal).hosts[0].session == Session{true, 1234, na, 1});
}

TEST_CASE("journal: the steady clock counts while the machine is up, whatever is done to the other") {
  const Place place;
  Time time;
  Journal journal = open(place, time);
  const lease::Registration host = fill(journal, time);
  SUBCASE("forward") {
    time.wall += 24h;
  }
  SUBCASE("back") {
    time.wall -= 24h;
  }
  CHECK(load(journal).hosts.at(0).registration.bindings == host.bindings);
}

TEST_CASE("journal: after a reboot the wall clock counts, once") {
  const Place place;
  Time time;
  {
    Journal journal = open(place, time);
    (void)fill(journal, time);
  }
  time.pass(20s);
  time.reboot(30s);
  for (int i = 0; i < 2; ++i) {  // the second is in the same boot
    Journal journal = open(place, time);
    for (int j = 0; j < 2; ++j) {
      const Saved saved = load(journal);
      CHECK(saved.hosts.at(0).registration.bindings.at(BindId{7}).expires == time.steady + 150s);
      CHECK(saved.hosts.at(0).registration.expires == time.steady + 250s);
      begin_boot(journal);
    }
    time.wall += 1h;  // is of no account any more
  }
}

TEST_CASE("journal: a wall clock that was set back makes no lease longer than any may be") {
  const Place place;
  Time time;
  {
    Journal journal = open(place, time);
    (void)fill(journal, time);
  }
  time.reboot(-1000h);
  Journal journal = open(place, time);
  for (int i = 0; i < 2; ++i) {
    CHECK(load(journal).hosts.at(0).registration.bindings.at(BindId{7}).expires == time.steady + 86400s);
    begin_boot(journal);
  }
}

TEST_CASE("journal: what has ended rests for its time, then is history, then is forgotten") {
  const Place place;
  Time time;
  Journal journal = open(place, time);
  lease::Registration host = fill(journal, time);
  time.pass(10s);
  journal.ended(x1, BindId{7}, time.steady);
  journal.deregistered(x1);
  commit(journal);
  {
    const Saved saved = load(journal);
    CHECK(saved.hosts.empty());
    REQUIRE(saved.rests.size() == 1);
    CHECK(saved.rests[0].address == nb);
    CHECK(saved.rests[0].numbers.ports == host.bindings.at(BindId{7}).ports);
    CHECK(saved.rests[0].numbers.prefix == host.bindings.at(BindId{7}).prefix);
    CHECK(saved.rests[0].ended == time.steady);
  }
  // the host is back, and has the bind ID once more
  host = registration(x1, time);
  journal.registered(host, {});
  host.last_bind = 7;
  journal.assigned(host, binding(7, time));
  commit(journal);
  time.pass(120s);
  CHECK(load(journal).rests.empty());
  CHECK(load(journal).hosts.at(0).registration.bindings.size() == 1);
  const auto found = [&](WallTime at) {
    const Result<Journal::Page> page = journal.who({nb, Port{40003}, std::nullopt, at}, 0, 100);
    REQUIRE(page);
    CHECK(page->next == 0);
    return page->found;
  };
  CHECK(found(time.wall).size() == 1);
  REQUIRE(found(time.wall - 125s).size() == 1);
  CHECK(found(time.wall - 125s)[0].ended == time.wall - 120s);
  CHECK(found(time.wall - 131s).empty());
  const Result<bool> more = journal.forget_before(time.wall, 0, 10);
  REQUIRE(more);
  CHECK_FALSE(*more);
  CHECK(found(time.wall - 125s).empty());
  CHECK(load(journal).hosts.at(0).registration.bindings.size() == 1);
  CHECK(load(journal).answers.empty());
}

TEST_CASE("journal: a row that cannot be read is in the way of no other question") {
  const Place place;
  Time time;
  Journal journal = open(place, time);
  lease::Registration host = fill(journal, time);
  lease::Binding unknown = binding(8, time);
  unknown.kind = static_cast<lease::Kind>(99);
  journal.assigned(host, unknown);
  commit(journal);
  const Journal::Asked asked{nb, Port{40003}, std::nullopt, time.wall};
  for (int i = 0; i < 2; ++i) {
    const Result<Journal::Page> page = journal.who(asked, 0, 100);
    REQUIRE_FALSE(page);
    CHECK(page.error().code == EUCLEAN);
  }
  const Result<Journal::Page> first = journal.who(asked, 0, 1);
  REQUIRE(first);
  REQUIRE(first->found.size() == 1);
  CHECK(first->found[0].binding.id == BindId{7});
}

TEST_CASE("journal: extended, forgotten, answered anew") {
  const Place place;
  Time time;
  Journal journal = open(place, time);
  lease::Registration host = fill(journal, time);
  lease::Binding& binding = host.bindings.at(BindId{7});
  binding.expires += 500s;
  host.expires = binding.expires;
  journal.extended(host, binding);
  journal.ike_forgotten(x1, host.ike[0]);
  journal.answered({x1, 77, Counter{1}, {}});
  commit(journal);
  const Saved saved = load(journal);
  CHECK(saved.hosts.at(0).registration.bindings.at(BindId{7}) == binding);
  CHECK(saved.hosts.at(0).registration.expires == host.expires);
  CHECK(saved.hosts.at(0).registration.ike == std::vector{host.ike[1]});
  REQUIRE(saved.answers.size() == 1);
  CHECK(saved.answers[0].port == 77);
  CHECK(saved.answers[0].answer.empty());
}

TEST_CASE("journal: all of a commit or nothing") {
  const Place place;
  Time time;
  Journal journal = open(place, time);
  const lease::Registration host = fill(journal, time);
  journal.ended(x1, BindId{7}, time.steady);
  journal.registered(registration(x2, time), {});
  journal.registered(registration(x2, time), {});  // is there already
  journal.deregistered(x1);
  const Result<void> refused = journal.commit();
  REQUIRE_FALSE(refused);
  CHECK_MESSAGE(refused.error().text().find("UNIQUE") != std::string::npos, refused.error().text());
  CHECK_FALSE(journal.has_changes());
  const Saved saved = load(journal);
  REQUIRE(saved.hosts.size() == 1);
  CHECK(saved.hosts[0].registration.bindings == host.bindings);

  journal.registered(registration(x2, time), {});
  commit(journal);
  CHECK(load(journal).hosts.size() == 2);
}

TEST_CASE("journal: without room nothing is written, and with room it goes on") {
  const Place place;
  Time time;
  Journal journal = open(place, time);
  (void)fill(journal, time);
  REQUIRE(journal.catch_up(1s));
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 4096;
  (void)std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &none) == 0);
  journal.registered(registration(x2, time), {});
  const Result<void> refused = journal.commit();
  const Result<void> caught_up = journal.catch_up(1s);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK_FALSE(refused);
  CHECK_FALSE(caught_up);
  CHECK(load(journal).hosts.size() == 1);
  REQUIRE(journal.catch_up(1s));
  journal.registered(registration(x2, time), {});
  commit(journal);
  CHECK(load(journal).hosts.size() == 2);
}

TEST_CASE("journal: a file that is none of ours, or damaged, says so") {
  const Place place;
  Time time;
  SUBCASE("text") {
    std::ofstream(place.path) << std::string(8192, 'x');
  }
  SUBCASE("damaged") {
    {
      Journal journal = open(place, time);
      (void)fill(journal, time);
    }
    std::fstream file(place.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(8192, '\x55');
  }
  const Result<Journal> refused = Journal::open(place.path, time.clocks());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EUCLEAN);
}

TEST_CASE("journal: no bit can be changed in the file without notice, but for those that say nothing") {
  const Place place;
  Time time;
  {
    Journal journal = open(place, time);
    lease::Registration host = fill(journal, time);
    host = registration(x2, time);
    journal.registered(host, {});
    for (std::uint32_t bind = 1; bind <= 100; ++bind) {
      host.last_bind = bind;
      journal.assigned(host, binding(bind, time));
      if (bind > 50) journal.ended(x2, BindId{bind}, time.steady);
    }
    commit(journal);
  }
  std::ifstream file(place.path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  Result<Journal> intact = Journal::open(place.path, time.clocks());
  REQUIRE(intact);
  const Saved wanted = load(*intact);
  std::size_t noticed = 0;
  constexpr std::size_t tries = 400;
  for (std::size_t i = 0; i < tries; ++i) {
    const std::size_t at = i * 7919 % whole.size();
    CAPTURE(at);
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ (1 << i % 8));
    const Place other;
    std::ofstream(other.path, std::ios::binary) << changed;
    Result<Journal> journal = Journal::open(other.path, time.clocks());
    const Result<Saved> saved = journal ? journal->load(120s, 86400s) : tl::unexpected(journal.error());
    if (saved) {
      CHECK(same(*saved, wanted));
    } else {
      CHECK_MESSAGE(saved.error().code == EUCLEAN, saved.error().text());
      ++noticed;
    }
  }
  CHECK(noticed > tries / 10);
}

TEST_CASE("journal: only one program at a time") {
  const Place place;
  Time time;
  const Journal journal = open(place, time);
  const Result<Journal> refused = Journal::open(place.path, time.clocks());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EBUSY);
}

TEST_CASE("journal: lists keep what is in them, and other bytes are refused") {
  const std::vector<Run<Port>> ports{{Port{0}, 1}, {Port{65535}, 1}, {Port{0}, 65536}};
  CHECK(unpack_ports(pack(ports)) == ports);
  const std::vector<Run<Spi>> spis{{Spi{0x100}, 1}, {Spi{0xffffffff}, 1}};
  CHECK(unpack_spis(pack(spis)) == spis);
  const std::vector<Remote> remotes{{y, std::nullopt}, {y, Port{0}}, {x1, Port{65535}}};
  CHECK(unpack_remotes(pack(remotes)) == remotes);
  CHECK_FALSE(unpack_ports(pack(spis)));
  CHECK_FALSE(unpack_spis(Bytes{0, 0, 0, 1, 0, 0, 0, 0}));
  CHECK_FALSE(unpack_spis(Bytes{0, 0, 0}));
  CHECK_FALSE(unpack_remotes(Bytes{0, 0, 0, 1, 0, 0, 0, 5}));
}

}  // namespace store_journal_test
