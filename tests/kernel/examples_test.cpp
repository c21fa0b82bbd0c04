// SPDX-License-Identifier: GPL-2.0-or-later
// The example firewalls beside the skeleton.
#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include <fstream>
#include <sstream>

#include "realm.hpp"
#include "steer/ruleset.hpp"

namespace examples_test {

using namespace rsip;
using namespace rsip::test;

namespace {

/// Loads an example with its interface names as they are in the realm.
void load_example(Realm& realm, const std::string& name) {
  std::ifstream file(std::string(RSIP_EXAMPLES) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  const Inside inside(realm.gateway);
  const Result<void> loaded = steer::load(text.str());
  REQUIRE_MESSAGE(loaded, loaded.error().text());
}

constexpr Header from_host{gateway_public, y_public};
constexpr Header from_y{y_public, gateway_public};

void check_host_traffic(Realm& realm) {
  const Packet out = udp(from_host, x1_port, 53);
  realm.x1->send(out);
  CHECK(realm.y->receive() == forwarded(out));
  for (const Packet& in : {udp(from_y, 53, x1_port), esp(from_y, x1_spi)}) {
    realm.y->send(in);
    CHECK(realm.x1->receive() == forwarded(in));
  }
  const Packet pieces = udp(from_y, 53, x1_port, 3000);
  realm.y->send(fragments(pieces, 1500));
  CHECK(joined_payload(realm.x1->receive_pieces()) == Packet(pieces.begin() + 20, pieces.end()));
}

}  // namespace

TEST_CASE("examples: NAT for the others beside RSIP") {
  Realm realm;
  realm.lease_to_hosts();
  load_example(realm, "nat-beside-rsip.nft");
  check_host_traffic(realm);

  // Translated to a port below those that are leased, even where x3's own port is one of them.
  realm.x3->send(udp({x3_private, y_public}, x1_port, 53));
  const Packet translated = realm.y->receive();
  REQUIRE(translated.size() > 28);
  CHECK(Packet(translated.begin() + 12, translated.begin() + 16) == Packet{198, 51, 100, 1});
  const int port = translated[20] << 8 | translated[21];
  CHECK(port >= 1024);
  CHECK(port < 20000);
  realm.y->send(udp(from_y, 53, static_cast<std::uint16_t>(port)));
  const Packet back = realm.x3->receive();
  REQUIRE(back.size() > 28);
  CHECK((back[22] << 8 | back[23]) == x1_port);
}

TEST_CASE("examples: a firewall that lets RSIP pass and nothing else") {
  Realm realm;
  realm.lease_to_hosts();
  load_example(realm, "simple-firewall.nft");
  check_host_traffic(realm);
  realm.y->send(udp({y_public, x3_private}, 53, 53));
  CHECK(realm.x3->silent());
  realm.y->send(udp(from_y, 53, 5000));  // the gateway itself: closed, and silent about it
  CHECK(realm.y->silent());
}

}  // namespace examples_test
