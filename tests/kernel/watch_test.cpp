// SPDX-License-Identifier: GPL-2.0-or-later
// What others do to our tables, as the kernel tells it.
#include "steer/watch.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <thread>

#include "realm.hpp"
#include "steer/ruleset.hpp"

namespace watch_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

/// A gateway whose tables are watched.
class Watched {
 public:
  Realm realm;

  Watched() {
    const Inside inside(realm.gateway);
    Result<steer::Nft> nft = steer::Nft::open();
    REQUIRE(nft);
    nft_.emplace(std::move(*nft));
    commit([](steer::Transaction& changes, const Realm& here) {
      changes.add(steer::port_elements(here.rsip1, gateway_public, Port{40000}, owner, 1h));
    });
    Result<steer::Watch> watch = steer::Watch::open(nft_->port());
    REQUIRE(watch);
    watch_.emplace(std::move(*watch));
  }

  template <typename Change>
  void commit(Change change) {
    steer::Transaction changes;
    change(changes, realm);
    REQUIRE(nft_->commit(changes));
  }

  /// Somebody else runs `nft`.
  void nft(const std::string& command) {
    const Inside inside(realm.gateway);
    REQUIRE(std::system(("nft '" + command + "'").c_str()) == 0);
  }

  steer::Damage read() { return watch_->read(); }

  static constexpr steer::Owner owner{ClientId{1}, BindId{2}, x1_private};

 private:
  std::optional<steer::Nft> nft_;
  std::optional<steer::Watch> watch_;
};

}  // namespace

TEST_CASE("watch: what we do ourselves is nobody's damage") {
  Watched watched;
  watched.commit([](steer::Transaction& changes, const Realm& realm) {
    changes.add(steer::spi_elements(realm.rsip1, gateway_public, Spi{x1_spi}, Watched::owner, 1h));
    changes.remove(steer::port_elements(realm.rsip1, gateway_public, Port{40000}, Watched::owner, 1h));
  });
  CHECK(watched.read().empty());
  const Inside inside(watched.realm.gateway);
  REQUIRE(steer::load(loadable_skeleton({"wan"})));  // over another socket, by libnftables
  CHECK(watched.read().empty());
}

TEST_CASE("watch: an element that somebody removes is told with all that is needed to put it back") {
  Watched watched;
  watched.nft("delete element ip rsip port_in { 198.51.100.1 . 40000 }");
  const steer::Damage damage = watched.read();
  CHECK_FALSE(damage.other);
  CHECK(damage.added.empty());
  REQUIRE(damage.removed.size() == 1);
  steer::Element removed = damage.removed.front();
  CHECK(removed.timeout > 59min);
  CHECK(removed.timeout <= 1h);
  removed.timeout = 1h;
  CHECK(removed == steer::port_elements(watched.realm.rsip1, gateway_public, Port{40000}, Watched::owner, 1h)[1]);
  REQUIRE(damage.by);
  CHECK(damage.by->name == "nft");
  CHECK(damage.by->pid != 0);
  watched.commit([&](steer::Transaction& changes, const Realm&) { changes.add(removed); });
  CHECK(watched.read().empty());
}

TEST_CASE("watch: an element that somebody adds") {
  Watched watched;
  watched.nft("add element netdev rsip port_in { 198.51.100.1 . 50000 timeout 1m : \"rsip2\" }");
  const steer::Damage damage = watched.read();
  CHECK_FALSE(damage.other);
  CHECK(damage.removed.empty());
  REQUIRE(damage.added.size() == 1);
  CHECK(to_string(damage.added.front()) == "netdev port_in 198.51.100.1 . 50000");
  CHECK(damage.added.front().device == watched.realm.rsip2.index);
  watched.commit([&](steer::Transaction& changes, const Realm&) { changes.remove(damage.added.front()); });
}

TEST_CASE("watch: a set that is flushed") {
  Watched watched;
  watched.commit([](steer::Transaction& changes, const Realm& realm) {
    for (const Port port : {Port{40001}, Port{40002}}) {
      changes.add(steer::port_elements(realm.rsip1, gateway_public, port, Watched::owner, 1h));
    }
  });
  watched.nft("flush set ip rsip port_out");
  CHECK(watched.read().removed.size() == 3);
}

TEST_CASE("watch: tables, chains and rules") {
  Watched watched;
  const char* command = nullptr;
  SUBCASE("flush ruleset") {
    command = "flush ruleset";
  }
  SUBCASE("delete table") {
    command = "delete table netdev rsip";
  }
  SUBCASE("flush chain") {
    command = "flush chain ip rsip from_hosts_port";
  }
  SUBCASE("add rule") {
    command = "insert rule ip rsip from_hosts accept";
  }
  SUBCASE("add chain") {
    command = "add chain ip rsip mine";
  }
  SUBCASE("add set") {
    command = "add set ip rsip mine { type ipv4_addr; }";
  }
  SUBCASE("dormant") {
    command = "add table ip rsip { flags dormant; }";
  }
  SUBCASE("our own IKE peers") {
    command = "add element ip rsip own_ike { 192.0.2.1 }";
  }
  CAPTURE(command);
  watched.nft(command);
  const steer::Damage damage = watched.read();
  CHECK(damage.other);
  REQUIRE(damage.by);
  CHECK(damage.by->name == "nft");
}

TEST_CASE("watch: other tables, learned sets and leases that end are no damage") {
  Watched watched;
  watched.commit([](steer::Transaction& changes, const Realm& realm) {
    changes.add(steer::port_elements(realm.rsip2, gateway_public, Port{40001}, Watched::owner, 300ms));
  });
  watched.nft("table inet other { set s { type ipv4_addr; elements = { 192.0.2.1 }; }; chain c { accept; }; }");
  watched.nft("delete table inet other");
  watched.nft("table ip rsip2 { chain c { accept; }; }");
  watched.nft("flush set ip rsip echo_asked");
  watched.nft("add element ip rsip echo_asked { \"rsip1\" . 198.51.100.1 . 198.51.100.2 . 0x0007 }");
  std::this_thread::sleep_for(2500ms);  // the kernel collects what is over every second
  CHECK(watched.read().empty());
}

TEST_CASE("watch: notifications that are lost") {
  Watched watched;
  watched.nft("table inet other { map m { type inet_service . inet_service : ipv4_addr; }; }");
  {
    const Inside inside(watched.realm.gateway);
    // Some 100 bytes for each of 65536 elements: more than the socket takes.
    REQUIRE(std::system("for i in $(seq 0 255); do for j in $(seq 0 255); do echo \"add element inet other m { $i . $j "
                        ": 192.0.2.1 }\"; done; done | nft -f -") == 0);
  }
  const steer::Damage damage = watched.read();
  CHECK(damage.other);
  CHECK_FALSE(damage.by);
  watched.nft("delete element ip rsip port_in { 198.51.100.1 . 40000 }");
  CHECK(watched.read().removed.size() == 1);
}

}  // namespace watch_test
