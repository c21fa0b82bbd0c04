// SPDX-License-Identifier: GPL-2.0-or-later
#include "lease/lease_table.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

namespace lease_table_test {

using namespace rsip;
using namespace rsip::lease;
using namespace std::chrono_literals;

namespace {

constexpr Ipv4 nb{0xc6336401};
constexpr Ipv4 nb2{0xc6336402};
constexpr Ipv4 x1{0x0a00000b};
constexpr Ipv4 x2{0x0a00000c};
constexpr Ipv4 y{0xcb007102};
constexpr Time start{};

Random seeded() {
  return [generator = std::mt19937(7)](std::uint32_t bound) mutable {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(generator);
  };
}

Config small() {
  Config config;
  config.pool = {nb};
  config.ports = {Port{1000}, 16};
  config.spis = {Spi{4096}, 64};
  config.lease = LeaseTime{100};
  config.max_lease = LeaseTime{1000};
  config.registration_lease = LeaseTime{300};
  return config;
}

Request ipsec(std::uint32_t ports, std::uint32_t spis) {
  Request request;
  request.ports.any = ports;
  request.spis.any = spis;
  request.kind = Kind::rsipsec;
  return request;
}

Refusal refusal(const Granted<const Binding*>& granted) {
  REQUIRE_FALSE(granted);
  return granted.error();
}

}  // namespace

TEST_CASE("a host registers once, with a client ID of its own") {
  LeaseTable table(small(), seeded());
  const auto first = table.register_host(x1, start);
  const auto second = table.register_host(x2, start);
  REQUIRE(first);
  REQUIRE(second);
  CHECK((*first)->client != (*second)->client);
  CHECK((*first)->client != ClientId{0});
  CHECK(table.register_host(x1, start).error() == Refusal::already_registered);
}

TEST_CASE("client IDs are not predictable from one another") {
  LeaseTable table(small(), seeded());
  std::set<std::int64_t> steps;
  std::int64_t last = 0;
  for (std::uint32_t i = 0; i < 50; ++i) {
    const auto client = std::int64_t{number((*table.register_host(Ipv4{0x0a000000 + i}, start))->client)};
    steps.insert(client - last);
    last = client;
  }
  CHECK(steps.size() == 50);
}

TEST_CASE("no more hosts than allowed") {
  Config config = small();
  config.max_hosts = 1;
  LeaseTable table(config, seeded());
  CHECK(table.register_host(x1, start));
  CHECK(table.register_host(x2, start).error() == Refusal::too_many_hosts);
  table.deregister(x1, start);
  CHECK(table.register_host(x2, start));
}

TEST_CASE("client and bind IDs are checked") {
  LeaseTable table(small(), seeded());
  CHECK(table.registration(x1, ClientId{1}).error() == Refusal::not_registered);
  const Registration& registration = **table.register_host(x1, start);
  CHECK(table.registration(x1, static_cast<ClientId>(number(registration.client) + 1)).error() ==
        Refusal::bad_client_id);
  CHECK(table.registration(x1, registration.client));
  CHECK(table.binding(registration, BindId{1}, start).error() == Refusal::bad_bind_id);
}

TEST_CASE("no port and no SPI is given twice") {
  LeaseTable table(small(), seeded());
  (void)table.register_host(x1, start);
  (void)table.register_host(x2, start);
  std::set<Port> ports;
  std::set<Spi> spis;
  for (int i = 0; i < 8; ++i) {
    const auto granted = table.assign(i % 2 == 0 ? x1 : x2, ipsec(2, 8), start);
    REQUIRE(granted);
    for (const auto& run : (*granted)->ports) {
      for (std::uint32_t n = 0; n < run.count; ++n) CHECK(ports.insert(Port(number(run.first) + n)).second);
    }
    CHECK((*granted)->spis.size() == 1);  // always contiguous
    for (const auto& run : (*granted)->spis) {
      for (std::uint32_t n = 0; n < run.count; ++n) CHECK(spis.insert(Spi(number(run.first) + n)).second);
    }
  }
  CHECK(ports.size() == 16);
  CHECK(spis.size() == 64);
  CHECK(refusal(table.assign(x1, ipsec(1, 0), start)) == Refusal::ports_unavailable);
  CHECK(refusal(table.assign(x1, ipsec(0, 1), start)) == Refusal::spis_unavailable);
}

TEST_CASE("a refused assignment takes nothing") {
  LeaseTable table(small(), seeded());
  (void)table.register_host(x1, start);
  CHECK(refusal(table.assign(x1, ipsec(16, 65), start)) == Refusal::spis_unavailable);
  CHECK(table.assign(x1, ipsec(16, 64), start));
}

TEST_CASE("particular resources are granted or refused for the right reason") {
  LeaseTable table(small(), seeded());
  (void)table.register_host(x1, start);
  (void)table.register_host(x2, start);
  Request request;
  request.address = nb;
  request.ports.particular = {{Port{1002}, 4}};
  request.spis.particular = {{Spi{4100}, 1}, {Spi{4110}, 1}};
  request.kind = Kind::rsipsec;
  const auto granted = table.assign(x1, request, start);
  REQUIRE(granted);
  CHECK((*granted)->ports == request.ports.particular);
  CHECK((*granted)->spis == request.spis.particular);

  Request other;
  other.ports.particular = {{Port{1005}, 1}};
  CHECK(refusal(table.assign(x2, other, start)) == Refusal::ports_in_use);
  other.ports.particular = {{Port{999}, 1}};
  CHECK(refusal(table.assign(x2, other, start)) == Refusal::ports_unallowed);
  other.ports.particular.clear();
  other.spis.particular = {{Spi{4110}, 1}};
  CHECK(refusal(table.assign(x2, other, start)) == Refusal::spis_in_use);
  other.spis.particular = {{Spi{255}, 1}};
  CHECK(refusal(table.assign(x2, other, start)) == Refusal::spis_in_use);
  other.spis.particular.clear();
  other.address = nb2;
  CHECK(refusal(table.assign(x2, other, start)) == Refusal::address_unallowed);
}

TEST_CASE("SPIs beyond those that any host gets are given to hosts that name them, once, and rest like the others") {
  Config config = small();
  config.suggested_spis = {Spi{4090}, 100};
  LeaseTable table(config, seeded());
  (void)table.register_host(x1, start);
  (void)table.register_host(x2, start);
  const auto named = [](std::uint32_t first, std::uint32_t count = 1) {
    Request request = ipsec(0, 0);
    request.spis.particular = {{Spi{first}, count}};
    return request;
  };
  REQUIRE(table.assign(x1, named(4090), start));  // below
  REQUIRE(table.assign(x1, named(4160), start));  // above
  REQUIRE(table.assign(x1, named(4096), start));  // within
  for (const std::uint32_t taken : {4090U, 4160U, 4096U}) {
    CHECK(refusal(table.assign(x2, named(taken), start)) == Refusal::spis_in_use);
  }
  CHECK(refusal(table.assign(x2, named(4089), start)) == Refusal::spis_in_use);
  CHECK(refusal(table.assign(x2, named(4190), start)) == Refusal::spis_in_use);
  CHECK(refusal(table.assign(x2, named(4095, 2), start)) == Refusal::spis_in_use);  // partly any host's
  CHECK(table.assign(x2, named(4095), start));

  // Those that any host gets do not come from there.
  for (int i = 0; i < 63; ++i) CHECK(config.spis.contains((*table.assign(x2, ipsec(0, 1), start))->spis.front().first));
  CHECK(refusal(table.assign(x2, ipsec(0, 1), start)) == Refusal::spis_unavailable);

  table.free(x1, BindId{2}, start);
  CHECK(refusal(table.assign(x2, named(4160), start + config.hold - 1s)) == Refusal::spis_in_use);
  CHECK(table.assign(x2, named(4160), start + config.hold));

  config.suggested_spis.reset();
  LeaseTable strict(config, seeded());
  (void)strict.register_host(x1, start);
  CHECK(refusal(strict.assign(x1, named(4090), start)) == Refusal::spis_in_use);
  CHECK(strict.assign(x1, named(4096), start));
}

TEST_CASE("limits of one host") {
  Config config = small();
  config.max_bindings = 2;
  config.max_ports = 6;
  config.max_spis = 6;
  LeaseTable table(config, seeded());
  (void)table.register_host(x1, start);
  CHECK(refusal(table.assign(x1, ipsec(7, 1), start)) == Refusal::ports_unavailable);
  CHECK(refusal(table.assign(x1, ipsec(1, 7), start)) == Refusal::spis_unavailable);
  CHECK(table.assign(x1, ipsec(4, 4), start));
  CHECK(refusal(table.assign(x1, ipsec(3, 0), start)) == Refusal::ports_unavailable);
  CHECK(table.assign(x1, ipsec(2, 2), start));
  CHECK(refusal(table.assign(x1, ipsec(0, 0), start)) == Refusal::too_many_bindings);
  table.free(x1, BindId{1}, start);
  CHECK(table.assign(x1, ipsec(1, 1), start));
}

TEST_CASE("a host keeps its address; a full address is passed over") {
  Config config = small();
  config.pool = {nb, nb2};
  LeaseTable table(config, seeded());
  (void)table.register_host(x1, start);
  const Ipv4 first = (*table.assign(x1, ipsec(8, 1), start))->address;
  CHECK((*table.assign(x1, ipsec(8, 1), start))->address == first);
  CHECK((*table.assign(x1, ipsec(8, 1), start))->address != first);
}

TEST_CASE("leases are clamped") {
  const LeaseTable table(small(), seeded());
  CHECK(table.granted_lease({}) == 100s);
  CHECK(table.granted_lease(LeaseTime{50}) == 50s);
  CHECK(table.granted_lease(LeaseTime{5000}) == 1000s);
  CHECK(table.granted_lease(LeaseTime{0}) == 1s);
}

TEST_CASE("a registration lasts at least as long as its longest binding") {
  LeaseTable table(small(), seeded());
  const Registration& registration = **table.register_host(x1, start);
  CHECK(registration.expires == start + 300s);
  Request request = ipsec(1, 1);
  request.lease = LeaseTime{600};
  (void)table.assign(x1, request, start);
  CHECK(registration.expires == start + 600s);
  request.lease = LeaseTime{50};
  (void)table.assign(x1, request, start);
  CHECK(registration.expires == start + 600s);
  table.extend(x1, BindId{2}, start + 900s);
  CHECK(registration.expires == start + 900s);
  CHECK(table.expire(start + 899s).size() == 1);  // the first binding alone
  CHECK(table.find(x1) != nullptr);
  const auto ended = table.expire(start + 901s);
  REQUIRE(ended.size() == 2);
  REQUIRE(ended[0].binding);
  CHECK(ended[0].binding->id == BindId{2});
  CHECK_FALSE(ended[1].binding);
  CHECK(table.find(x1) == nullptr);
  CHECK_FALSE(table.next_expiry());
}

TEST_CASE("a binding is over on time, and forgotten a little later") {
  LeaseTable table(small(), seeded());
  const Registration& registration = **table.register_host(x1, start);
  (void)table.assign(x1, ipsec(1, 1), start);
  CHECK(table.binding(registration, BindId{1}, start + 99s));
  CHECK(table.binding(registration, BindId{1}, start + 100s).error() == Refusal::bad_bind_id);
  CHECK(table.expire(start + 100s).empty());
  CHECK(table.next_expiry() == start + 101s);
  CHECK(table.expire(start + 101s).size() == 1);
}

TEST_CASE("freed and expired resources rest before they are given out again") {
  LeaseTable table(small(), seeded());
  (void)table.register_host(x1, start);
  (void)table.assign(x1, ipsec(16, 64), start);
  table.free(x1, BindId{1}, start + 10s);
  CHECK(refusal(table.assign(x1, ipsec(1, 0), start + 129s)) == Refusal::ports_unavailable);
  CHECK(refusal(table.assign(x1, ipsec(0, 1), start + 129s)) == Refusal::spis_unavailable);
  REQUIRE(table.assign(x1, ipsec(16, 64), start + 130s));
  CHECK(table.expire(start + 231s).size() == 1);
  CHECK(refusal(table.assign(x1, ipsec(1, 1), start + 350s)) == Refusal::ports_unavailable);
  CHECK(table.assign(x1, ipsec(16, 64), start + 351s));
}

TEST_CASE("an undone assignment leaves no trace") {
  LeaseTable table(small(), seeded());
  (void)table.register_host(x1, start);
  const BindId bind = (*table.assign(x1, ipsec(16, 64), start))->id;
  table.undo_assign(x1, bind);
  CHECK(table.find(x1)->bindings.empty());
  CHECK(table.find(x1)->scopes.empty());
  CHECK(table.assign(x1, ipsec(16, 64), start));
}

TEST_CASE("the IPsec permission on an address lasts as long as the host's last RSIPSEC binding there") {
  LeaseTable table(small(), seeded());
  const Registration& registration = **table.register_host(x1, start);
  CHECK_FALSE(permitted_until(registration, {nb}));
  Request request = ipsec(1, 1);
  request.lease = LeaseTime{50};
  const Binding& first = **table.assign(x1, request, start);
  request.lease = LeaseTime{80};
  const Binding& second = **table.assign(x1, request, start);
  request.lease = LeaseTime{200};
  request.kind = Kind::rsap_ip;
  (void)table.assign(x1, request, start);
  CHECK(permitted_until(registration, {nb}) == start + 80s);
  CHECK(permitted_until(registration, {nb}, &second) == start + 50s);
  CHECK(permitted_until(registration, {nb}, &first) == start + 80s);
  table.extend(x1, first.id, start + 90s);
  CHECK(permitted_until(registration, {nb}) == start + 90s);
  table.free(x1, first.id, start);
  CHECK(permitted_until(registration, {nb}) == start + 80s);
  CHECK_FALSE(permitted_until(registration, {nb}, &second));
}

TEST_CASE("a binding of ports alone permits ICMP echo, for as long as the host's last such binding") {
  LeaseTable table(small(), seeded());
  const Registration& registration = **table.register_host(x1, start);
  const Scope echo{.address = nb, .permit = Permit::echo};
  Request request = ipsec(1, 1);
  (void)table.assign(x1, request, start);
  CHECK_FALSE(permitted_until(registration, echo));  // ipsec permits it already
  request = ipsec(1, 0);
  request.kind = Kind::rsap_ip;
  request.lease = LeaseTime{50};
  (void)table.assign(x1, request, start);
  CHECK(permitted_until(registration, echo) == start + 50s);
  request.lease = LeaseTime{80};
  const Binding& last = **table.assign(x1, request, start);
  CHECK(permitted_until(registration, echo) == start + 80s);
  table.free(x1, last.id, start);
  CHECK(permitted_until(registration, echo) == start + 50s);
}

TEST_CASE("initiator cookies are unique on an address and live with their binding") {
  using Verdict = LeaseTable::CookieCheck::Verdict;
  LeaseTable table(small(), seeded());
  (void)table.register_host(x1, start);
  (void)table.register_host(x2, start);
  const Cookie cookie{0x1122334455667788};
  CHECK(table.check_cookie(x1, {nb}, cookie, start).verdict == Verdict::no_binding);
  (void)table.assign(x1, ipsec(0, 1), start);
  (void)table.assign(x2, ipsec(0, 1), start);

  const auto check = table.check_cookie(x1, {nb}, cookie, start);
  REQUIRE(check.verdict == Verdict::unused);
  CHECK(table.check_cookie(x2, {nb}, cookie, start).verdict == Verdict::unused);  // asking takes nothing
  table.learn_ike(x1, {check.binding->id, y, cookie});
  CHECK(table.check_cookie(x1, {nb}, cookie, start).verdict == Verdict::known);
  CHECK(table.check_cookie(x2, {nb}, cookie, start).verdict == Verdict::in_use);
  CHECK(table.check_cookie(x2, {nb2}, cookie, start).verdict == Verdict::no_binding);

  table.free(x1, BindId{1}, start);
  CHECK(table.check_cookie(x2, {nb}, cookie, start).verdict == Verdict::unused);
  CHECK(table.check_cookie(x1, {nb}, cookie, start).verdict == Verdict::no_binding);
  CHECK(table.check_cookie(x2, {nb}, cookie, start + 100s).verdict == Verdict::no_binding);  // its lease is over
}

TEST_CASE("a cookie goes to the host's oldest binding that is not over, and outlives those of single SAs") {
  using Verdict = LeaseTable::CookieCheck::Verdict;
  LeaseTable table(small(), seeded());
  (void)table.register_host(x1, start);
  const Cookie cookie{0x1122334455667788};
  Request request = ipsec(0, 1);
  request.lease = LeaseTime{50};
  const BindId base = (*table.assign(x1, request, start))->id;
  request.lease = LeaseTime{90};
  const BindId of_sa = (*table.assign(x1, request, start))->id;

  const auto check = table.check_cookie(x1, {nb}, cookie, start);
  REQUIRE(check.verdict == Verdict::unused);
  CHECK(check.binding->id == base);
  table.learn_ike(x1, {base, y, cookie});
  table.free(x1, of_sa, start);
  CHECK(table.check_cookie(x1, {nb}, cookie, start).verdict == Verdict::known);

  const BindId later = (*table.assign(x1, request, start))->id;
  const auto other = table.check_cookie(x1, {nb}, Cookie{7}, start + 50s);  // the first is over
  REQUIRE(other.verdict == Verdict::unused);
  CHECK(other.binding->id == later);
}

TEST_CASE("cookie prefixes are unique on an address, and the one suggested where that is free") {
  Config config = small();
  config.prefix_bits = 8;
  LeaseTable table(config, seeded());
  (void)table.register_host(x1, start);
  (void)table.register_host(x2, start);
  constexpr CookiePrefix suggested{0xa5000000, 8};
  Request request = ipsec(0, 1);
  CHECK_FALSE((*table.assign(x1, request, start))->prefix.has_value());
  request.prefix_bits = 7;  // too short for this gateway
  CHECK_FALSE((*table.assign(x1, request, start))->prefix.has_value());
  request.prefix_bits = 32;
  request.prefix = suggested;
  const auto granted = table.assign(x1, request, start);
  REQUIRE(granted);
  CHECK((*granted)->prefix == suggested);
  const BindId bind = (*granted)->id;

  const auto second = table.assign(x2, request, start);
  REQUIRE(second);
  REQUIRE((*second)->prefix.has_value());
  CHECK((*second)->prefix != suggested);
  CHECK((*second)->prefix->is_valid());
  request.prefix = CookiePrefix{0xb6000000, 16};  // of another length
  CHECK((*table.assign(x2, request, start))->prefix->bits == 8);

  table.free(x1, bind, start);
  request.prefix = suggested;
  CHECK((*table.assign(x2, request, start))->prefix != suggested);  // rests
  CHECK((*table.assign(x2, request, start + config.hold))->prefix == suggested);
}

TEST_CASE("the least recently used cookie goes first") {
  using Verdict = LeaseTable::CookieCheck::Verdict;
  Config config = small();
  config.max_cookies = 2;
  LeaseTable table(config, seeded());
  (void)table.register_host(x1, start);
  (void)table.assign(x1, ipsec(0, 1), start);
  const auto learn = [&](std::uint64_t cookie) {
    const auto check = table.check_cookie(x1, {nb}, Cookie{cookie}, start);
    REQUIRE(check.verdict == Verdict::unused);
    const IkeState* oldest = table.ike_to_forget(*table.find(x1));
    const std::optional<Cookie> evicted = oldest == nullptr ? std::nullopt : oldest->cookie;
    if (oldest != nullptr) table.forget_ike(x1);
    table.learn_ike(x1, {check.binding->id, y, Cookie{cookie}});
    return evicted;
  };
  CHECK_FALSE(learn(1));
  CHECK_FALSE(learn(2));
  CHECK(table.check_cookie(x1, {nb}, Cookie{1}, start).verdict == Verdict::known);  // used: 2 is the oldest now
  CHECK(learn(3) == Cookie{2});
  CHECK(learn(4) == Cookie{1});
  REQUIRE(table.find(x1)->ike.size() == 2);
  CHECK(table.find(x1)->ike.front().cookie == Cookie{3});
  table.ike_was_used(x1, 7);
  CHECK(table.find(x1)->ike.front().cookie == Cookie{4});
  CHECK(table.find(x1)->ike.back() == IkeState{BindId{1}, y, Cookie{3}, 7});
}

}  // namespace lease_table_test
