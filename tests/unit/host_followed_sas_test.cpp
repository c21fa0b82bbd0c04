// SPDX-License-Identifier: GPL-2.0-or-later
// What is leased and freed for the security associations of a host, whatever happens in which order.
#include <doctest/doctest.h>

#include "host/followed_sas.hpp"

namespace host_followed_sas_test {

using namespace rsip;
using namespace rsip::host;
using namespace std::chrono_literals;
using xfrm::Association;
using xfrm::Protocol;
using xfrm::SaId;

namespace {

constexpr Ipv4 nb{0xc6336401};
constexpr Ipv4 nb2{0xc6336405};
constexpr Ipv4 y{0xc6336402};
constexpr Ipv4 z{0xc6336403};

Association sa(std::uint32_t spi, Protocol protocol = Protocol::esp, Ipv4 destination = nb, Ipv4 source = y) {
  return {{destination, Spi{spi}, protocol}, source};
}

Grant grant_of(const Wish& wish, Ipv4 address, BindId bind, std::vector<Run<Spi>> spis) {
  Grant grant;
  grant.kind = wish.kind;
  grant.client = ClientId{7};
  grant.bind = bind;
  grant.address = address;
  grant.spis = std::move(spis);
  grant.remote = wish.remote;
  grant.lease = LeaseTime(100);
  grant.tunnel = wish.tunnel;
  return grant;
}

/// The followed SAs of a host with one lease, and the session's bindings as the answers make them.
struct Host {
  explicit Host(Wish first = {.ports = 0, .spis = 4}, Ipv4 address = nb) : bindings(first, 0) {
    const std::vector<Run<Spi>> spis =
        first.kind == Kind::rsipsec ? std::vector{Run<Spi>{Spi{0x1000}, 4}} : std::vector<Run<Spi>>{};
    Bindings::hold(bindings.first(), held_since(grant_of(first, address, BindId{1}, spis), now));
  }

  void appeared(const Association& association) { sas.appeared(association, bindings, now); }
  std::optional<Order> next() { return sas.next(bindings, now); }

  /// The SPI that is to be leased next; none where it is something else, or nothing.
  std::optional<Spi> asks() {
    const std::optional<Order> order = next();
    const auto* assign = order ? std::get_if<Assign>(&*order) : nullptr;
    if (assign == nullptr) return std::nullopt;
    asked = assign->wish;
    REQUIRE(asked.local_spis.size() == 1);
    CHECK(asked.local_spis.front().count == 1);
    return asked.local_spis.front().first;
  }
  FollowedSas::Answer granted() {
    const Grant grant = grant_of(asked, *asked.address, BindId{++binds}, asked.local_spis);
    bindings.add(asked, held_since(grant, now));
    return sas.answered(Assigned{grant}, now);
  }
  FollowedSas::Answer refused(wire::ErrorCode code) {
    return sas.answered(Failure(Refused{code, wire::MessageType::assign_request_rsipsec}), now);
  }
  void lease(const Association& association) {
    appeared(association);
    REQUIRE(asks() == association.id.spi);
    CHECK(granted().leased == association.id.spi);
  }
  /// The binding to be freed next, which goes.
  std::optional<BindId> frees() {
    const std::optional<Order> order = next();
    const auto* free = order ? std::get_if<Free>(&*order) : nullptr;
    if (free == nullptr) return std::nullopt;
    const Binding* binding = bindings.find(free->bind, ClientId{7});
    REQUIRE(binding != nullptr);
    const Grant grant = binding->held->grant;
    bindings.remove(binding->serial);
    sas.bindings_changed(bindings, now);
    sas.answered(Freed{grant}, now);
    return free->bind;
  }
  void wait(std::chrono::nanoseconds time) { now += time; }

  TimePoint now{1000s};
  Bindings bindings;
  FollowedSas sas;
  Wish asked;
  std::uint32_t binds = 1;
};

}  // namespace

TEST_CASE("followed: an SA's SPI is leased with the address, tunnel, remote and lease of the first binding") {
  Host host({.ports = 0,
             .spis = 4,
             .lease = LeaseTime(60),
             .tunnel = TunnelType::gre,
             .remote = RemoteHost{y, std::nullopt}});
  host.appeared(sa(0xc0000001));
  REQUIRE(host.asks() == Spi{0xc0000001});
  CHECK(host.asked == Wish{.kind = Kind::rsipsec,
                           .ports = 0,
                           .spis = 1,
                           .lease = LeaseTime(60),
                           .tunnel = TunnelType::gre,
                           .address = nb,
                           .remote = RemoteHost{y, std::nullopt},
                           .local_spis = {{Spi{0xc0000001}, 1}}});
  host.wait(3ms);
  const FollowedSas::Answer result = host.granted();
  CHECK(result.leased == Spi{0xc0000001});
  CHECK(result.took == 3ms);
  CHECK_FALSE(host.next());
  CHECK_FALSE(host.sas.deadline());
}

TEST_CASE("followed: one request at a time, in the order in which the SAs appeared") {
  Host host;
  host.appeared(sa(0xc0000002));
  host.wait(1ms);
  host.appeared(sa(0xc0000001));
  CHECK(host.asks() == Spi{0xc0000002});
  CHECK_FALSE(host.next());
  CHECK_FALSE(host.sas.deadline());
  host.wait(1ms);
  CHECK(host.granted().took == 2ms);
  CHECK(host.asks() == Spi{0xc0000001});
  host.wait(1ms);
  CHECK(host.granted().took == 2ms);  // its wait for the other counts
}

TEST_CASE("followed: what is told twice is asked for once; ESP and AH with one SPI share a lease") {
  Host host;
  host.appeared(sa(0xc0000001));
  host.appeared(sa(0xc0000001));
  CHECK(host.asks() == Spi{0xc0000001});
  host.appeared(sa(0xc0000001));
  host.appeared(sa(0xc0000001, Protocol::ah));
  host.granted();
  host.appeared(sa(0xc0000001));
  CHECK_FALSE(host.next());
  host.sas.gone(sa(0xc0000001).id, host.now);
  host.sas.gone(sa(0xc0000001).id, host.now);
  host.wait(1h);
  CHECK_FALSE(host.next());
  host.sas.gone(sa(0xc0000001, Protocol::ah).id, host.now);
  host.wait(FollowedSas::linger);
  CHECK(host.frees() == BindId{2});
  CHECK(host.sas.size() == 0);
}

TEST_CASE("followed: a lease lingers, so that an SA that is replaced by itself keeps it") {
  Host host;
  host.lease(sa(0xc0000001));
  host.sas.gone(sa(0xc0000001).id, host.now);
  CHECK(host.sas.deadline() == host.now + FollowedSas::linger);
  host.wait(FollowedSas::linger / 2);
  CHECK_FALSE(host.next());
  host.appeared(sa(0xc0000001));
  CHECK_FALSE(host.sas.deadline());
  host.wait(1h);
  CHECK_FALSE(host.next());
}

TEST_CASE("followed: leases come before frees") {
  Host host;
  host.lease(sa(0xc0000001));
  host.sas.gone(sa(0xc0000001).id, host.now);
  host.wait(FollowedSas::linger);
  host.appeared(sa(0xc0000002));
  CHECK(host.asks() == Spi{0xc0000002});
  host.granted();
  CHECK(host.frees() == BindId{2});
}

TEST_CASE("followed: an SA that is gone before it is asked for, or while it is") {
  Host host;
  host.appeared(sa(0xc0000001));
  host.sas.gone(sa(0xc0000001).id, host.now);
  CHECK_FALSE(host.next());

  host.appeared(sa(0xc0000002));
  CHECK(host.asks() == Spi{0xc0000002});
  host.sas.gone(sa(0xc0000002).id, host.now);
  SUBCASE("granted: freed at once") {
    host.granted();
    CHECK(host.frees() == BindId{2});
  }
  SUBCASE("granted, but it has come back: kept") {
    host.appeared(sa(0xc0000002));
    host.granted();
    CHECK_FALSE(host.next());
    CHECK(host.sas.size() == 1);
    return;
  }
  SUBCASE("in use: there is nothing to remove") {
    host.refused(wire::ErrorCode::ipsec_spi_inuse);
    CHECK_FALSE(host.sas.deadline());
  }
  SUBCASE("refused otherwise: not asked for again") {
    CHECK_FALSE(host.refused(wire::ErrorCode::local_addrport_unavailable).failed);
    CHECK_FALSE(host.sas.deadline());
  }
  CHECK(host.sas.size() == 0);
}

TEST_CASE("followed: IPSEC_SPI_INUSE removes the SAs, both where there are two, and nothing is asked again") {
  Host host;
  host.appeared(sa(0xc0000001));
  host.appeared(sa(0xc0000001, Protocol::ah));
  REQUIRE(host.asks() == Spi{0xc0000001});
  const FollowedSas::Answer result = host.refused(wire::ErrorCode::ipsec_spi_inuse);
  CHECK_FALSE(result.leased);
  CHECK_FALSE(result.failed);
  CHECK(host.sas.refused(host.now).empty());  // its daemon may still be at it
  CHECK(host.sas.deadline() == host.now + FollowedSas::settling);
  host.wait(FollowedSas::settling);
  CHECK(host.sas.refused(host.now) == std::vector{sa(0xc0000001), sa(0xc0000001, Protocol::ah)});
  CHECK(host.sas.refused(host.now).empty());
  host.sas.gone(sa(0xc0000001).id, host.now);  // as we did it
  host.wait(1h);
  CHECK_FALSE(host.next());
  host.appeared(sa(0xc0000009));  // what the daemon negotiates instead
  CHECK(host.asks() == Spi{0xc0000009});
}

TEST_CASE("followed: an SA that goes by itself when its SPI was refused need not be removed") {
  Host host;
  host.appeared(sa(0xc0000001));
  REQUIRE(host.asks());
  host.refused(wire::ErrorCode::ipsec_spi_inuse);
  host.sas.gone(sa(0xc0000001).id, host.now);
  host.wait(FollowedSas::settling);
  CHECK(host.sas.refused(host.now).empty());
  CHECK(host.sas.size() == 0);
  CHECK_FALSE(host.sas.deadline());
}

TEST_CASE("followed: other failures are tried again, less and less often, and at once when the gateway is back") {
  Host host;
  host.appeared(sa(0xc0000001));
  REQUIRE(host.asks());
  CHECK(host.refused(wire::ErrorCode::local_addrport_unavailable).failed == Spi{0xc0000001});
  CHECK(host.sas.deadline() == host.now + 1s);
  CHECK_FALSE(host.next());
  host.wait(1s);
  REQUIRE(host.asks());
  CHECK(host.sas.answered(Failure(NotRegistered{}), host.now).failed == Spi{0xc0000001});
  CHECK(host.sas.deadline() == host.now + 2s);
  host.sas.recovered(host.now);
  CHECK(host.sas.deadline() == host.now);
  CHECK(host.asks() == Spi{0xc0000001});
  host.sas.answered(Failure(SessionOver{}), host.now);
  CHECK_FALSE(host.sas.deadline());
}

TEST_CASE("followed: what another binding covers needs no lease, until that goes") {
  Host host;
  host.appeared(sa(0x1002));
  CHECK_FALSE(host.next());
  CHECK(host.sas.size() == 1);

  // The gateway lost its state and gave others instead.
  Grant other = host.bindings.first().held->grant;
  other.spis = {{Spi{0x2000}, 4}};
  Bindings::hold(host.bindings.first(), held_since(other, host.now));
  host.sas.bindings_changed(host.bindings, host.now);
  CHECK(host.asks() == Spi{0x1002});
  host.granted();
  host.sas.gone(sa(0x1002).id, host.now);
  host.wait(FollowedSas::linger);
  CHECK(host.frees() == BindId{2});
}

TEST_CASE("followed: a binding that is lost is asked for once more, after a while") {
  Host host;
  host.lease(sa(0xc0000001));
  host.bindings.remove(host.bindings.all().back().serial);
  host.sas.bindings_changed(host.bindings, host.now);
  CHECK_FALSE(host.next());
  host.wait(1s);
  CHECK(host.asks() == Spi{0xc0000001});

  // The gateway gave it to another meanwhile.
  host.refused(wire::ErrorCode::ipsec_spi_inuse);
  host.wait(FollowedSas::settling);
  CHECK(host.sas.refused(host.now) == std::vector{sa(0xc0000001)});
}

TEST_CASE("followed: a lost binding of an SA that is gone is of no concern") {
  Host host;
  host.lease(sa(0xc0000001));
  host.sas.gone(sa(0xc0000001).id, host.now);
  host.bindings.remove(host.bindings.all().back().serial);
  host.sas.bindings_changed(host.bindings, host.now);
  CHECK(host.sas.size() == 0);
  CHECK_FALSE(host.sas.deadline());
}

TEST_CASE("followed: a flush is of one protocol, or of both") {
  Host host;
  host.lease(sa(0xc0000001));
  host.lease(sa(0xc0000002, Protocol::ah));
  host.sas.flushed(Protocol::ah, host.now);
  host.wait(FollowedSas::linger);
  CHECK(host.frees() == BindId{3});
  CHECK_FALSE(host.next());
  host.sas.flushed(std::nullopt, host.now);
  host.wait(FollowedSas::linger);
  CHECK(host.frees() == BindId{2});
}

TEST_CASE("followed: a resync finds what was missed, and says nothing of what was not") {
  Host host;
  host.lease(sa(0xc0000001));
  host.lease(sa(0xc0000002));
  host.appeared(sa(0xc0000003));
  const std::vector<Association> all{sa(0xc0000002), sa(0xc0000004)};
  host.sas.resync(all, host.bindings, host.now);
  CHECK(host.asks() == Spi{0xc0000004});
  host.granted();
  host.sas.resync(all, host.bindings, host.now);
  CHECK_FALSE(host.next());
  host.wait(FollowedSas::linger);
  CHECK(host.frees() == BindId{2});
  CHECK_FALSE(host.next());
  CHECK(host.sas.size() == 2);
}

TEST_CASE("followed: SAs to other addresses are not ours; each leased address has its own SPIs") {
  Host host;
  host.appeared(sa(0xc0000001, Protocol::esp, nb2));
  host.appeared(sa(0xc0000001, Protocol::esp, y, nb));  // outbound
  CHECK(host.sas.size() == 0);

  const Wish further{.kind = Kind::rsap_ip, .ports = 2, .spis = 0, .tunnel = TunnelType::gre};
  host.bindings.add(further, held_since(grant_of(further, nb2, BindId{++host.binds}, {}), host.now));
  const std::vector<Association> all{sa(0xc0000001), sa(0xc0000001, Protocol::esp, nb2)};
  host.sas.resync(all, host.bindings, host.now);
  CHECK(host.asks() == Spi{0xc0000001});
  CHECK(host.asked.address == nb);
  host.granted();
  CHECK(host.asks() == Spi{0xc0000001});
  CHECK(host.asked.address == nb2);
  CHECK(host.asked.tunnel == TunnelType::gre);
  host.granted();
  host.sas.gone(all[1].id, host.now);
  host.wait(FollowedSas::linger);
  CHECK(host.frees() == BindId{4});
}

TEST_CASE("followed: under a remote flow policy the binding for the SA's peer is the model") {
  Host host({.ports = 0, .spis = 4, .remote = RemoteHost{y, std::nullopt}});
  host.appeared(sa(0xc0000001, Protocol::esp, nb, z));
  CHECK(host.sas.size() == 0);  // no binding lets the host speak to z

  const Wish further{.ports = 0, .spis = 1, .remote = RemoteHost{z, std::nullopt}};
  const std::vector<Run<Spi>> spis{{Spi{0x1100}, 1}};
  host.bindings.add(further, held_since(grant_of(further, nb, BindId{++host.binds}, spis), host.now));
  host.appeared(sa(0xc0000001, Protocol::esp, nb, z));
  CHECK(host.asks() == Spi{0xc0000001});
  CHECK(host.asked.remote == RemoteHost{z, std::nullopt});
}

TEST_CASE("followed: a whole address has all SPIs") {
  Host host({.kind = Kind::rsa_ip, .ports = 0, .spis = 0});
  host.appeared(sa(0xc0000001));
  CHECK_FALSE(host.next());
}

TEST_CASE("followed: an order that comes to nothing leaves nothing behind") {
  Host host;
  host.lease(sa(0xc0000001));
  host.sas.gone(sa(0xc0000001).id, host.now);
  host.wait(FollowedSas::linger);
  REQUIRE(host.next());
  CHECK_FALSE(host.next());       // the answer is outstanding
  host.appeared(sa(0xc0000001));  // too late: the lease is on its way back
  CHECK_FALSE(host.next());
  host.bindings.remove(host.bindings.all().back().serial);
  host.sas.bindings_changed(host.bindings, host.now);
  host.sas.answered(Failure(NoAnswer{wire::MessageType::free_request}), host.now);
  CHECK(host.asks() == Spi{0xc0000001});
}

}  // namespace host_followed_sas_test
