// SPDX-License-Identifier: GPL-2.0-or-later
// What an operator may ask a running rsipd for, as rsipctl(8) describes it.
#include "commands/commands.hpp"

#include <doctest/doctest.h>

#include "commands_fixture.hpp"

namespace commands_test {

using namespace rsip;
using namespace rsip::test;
using nlohmann::json;

namespace {

/// The members of an object.
std::vector<std::string> names_of(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

}  // namespace

TEST_CASE("commands: what makes no sense is refused, and changes nothing") {
  Operated realm;
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  const std::size_t elements = realm.kernel.elements.size();
  for (const char* line : {
           "",
           "nonsense",
           "[1, 2]",
           "null",
           "\"status\"",
           "{}",
           R"({"command": "dance"})",
           R"({"command": 7})",
           R"({"command": "revoke"})",
           R"({"command": "revoke", "host": 7})",
           R"({"command": "revoke", "host": "10.0.0.12"})",
           R"({"command": "revoke", "host": "10.0.0.11", "bind": 2})",
           R"({"command": "revoke", "host": "10.0.0.11", "bind": -1})",
           R"({"command": "revoke", "host": "10.0.0.11", "bind": 4294967296})",
           R"({"command": "revoke", "host": "10.0.0.11", "bind": "1"})",
           R"({"command": "show", "host": "10.0.0.11"})",
           R"({"command": "show", "bind": 1})",
           R"({"command": "show", "host": "10.0.0.11", "bind": 2})",
           R"({"command": "show", "host": "10.0.0.12", "bind": 1})",
           R"({"command": "bindings", "host": "x"})",
           R"({"command": "drain"})",
           R"({"command": "drain", "on": 1})",
       }) {
    CAPTURE(line);
    CHECK(realm.refuses(line));
  }
  CHECK(realm.kernel.elements.size() == elements);
  CHECK_FALSE(realm.gateway->is_draining());
}

TEST_CASE("commands: revoke") {
  Operated realm;
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  CHECK(realm.items(R"({"command": "revoke", "host": "10.0.0.11", "bind": 1})").empty());
  CHECK(realm.kernel.elements.empty());
  CHECK(realm.items(R"({"command": "revoke", "host": "10.0.0.11"})").empty());
  CHECK(realm.refuses(R"({"command": "revoke", "host": "10.0.0.11"})"));
}

TEST_CASE("commands: bindings and show") {
  Operated realm;
  CHECK(realm.items(R"({"command": "bindings"})").empty());
  const ClientId client = realm.enroll(x1);
  const auto granted =
      realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::AnyPorts{4}, wire::AnySpis{16}));
  realm.gateway->judge_ike(realm.kernel.last_index, ike(nb, 0xaa, 500, Ipv4{0xc6336402}), realm.now);
  realm.ask<wire::AssignResponseRsapIp>(x2, rsap(realm.enroll(x2), wire::AnyPorts{1}));
  realm.now += std::chrono::seconds{10};

  const std::vector<json> all = realm.items(R"({"command": "bindings"})");
  REQUIRE(all.size() == 2);
  CHECK(all[0].at("host") == "10.0.0.11");
  CHECK(all[1].at("host") == "10.0.0.12");
  const json& first = all[0];
  CHECK(first.at("client") == number(client));
  CHECK(first.at("bind") == number(granted.bind));
  CHECK(first.at("method") == "RSIPSEC");
  CHECK(first.at("address") == "198.51.100.1");
  CHECK(first.at("device") == "rsip1");
  CHECK(first.at("tunnel") == "ipip");
  CHECK(first.at("whole") == false);
  CHECK(first.at("expires") == 90);
  CHECK(first.at("cookies") == json{"0x00000000000000aa"});
  CHECK(first.at("ike_peers") == json{"198.51.100.2"});
  const auto ports = std::get<Run<Port>>(granted.local_ports);
  CHECK(first.at("ports") == json{{{"first", number(ports.first)}, {"last", number(ports.last())}}});
  const auto spis = std::get<Run<Spi>>(granted.spis);
  CHECK(first.at("spis") == json{{{"first", number(spis.first)}, {"last", number(spis.last())}}});
  CHECK(first.at("remotes") == json::array());
  CHECK(first.at("prefix").is_null());

  CHECK(realm.items(R"({"command": "bindings", "host": "10.0.0.12"})") == std::vector<json>{all[1]});
  CHECK(realm.items(R"({"command": "bindings", "host": "10.0.0.13"})").empty());
  CHECK(realm.items(R"({"command": "show", "host": "10.0.0.11", "bind": 1})") == std::vector<json>{all[0]});

  realm.now += std::chrono::seconds{90};  // over, though not yet forgotten
  CHECK(realm.items(R"({"command": "bindings"})").empty());
  CHECK(realm.refuses(R"({"command": "show", "host": "10.0.0.11", "bind": 1})"));
}

TEST_CASE("commands: a long list comes in pieces, while leases come and go") {
  lease::Config config;
  config.max_bindings = 1000;
  Operated realm({}, config);
  constexpr std::uint32_t hosts = 20;
  constexpr std::uint32_t each = 50;
  std::vector<ClientId> clients;
  for (std::uint32_t host = 0; host < hosts; ++host) {
    clients.push_back(realm.enroll(Ipv4{x1.value + host}));
    for (std::uint32_t i = 0; i < each; ++i) {
      realm.ask<wire::AssignResponseRsapIp>(Ipv4{x1.value + host}, rsap(clients.back(), wire::AnyPorts{1}));
    }
  }
  const auto answer = realm.begin(R"({"command": "bindings"})");
  CHECK(answer->lines.empty());
  const std::size_t piece = answer->read_piece();
  CHECK(piece > 0);
  CHECK(piece < hosts * each / 4);
  // The host whose bindings are just being listed goes, and so does another one; a new one comes in behind.
  const auto listed = parse_ipv4(answer->lines.back().at("host").get<std::string>());
  realm.ask<wire::DeregisterResponse>(*listed, deregister(clients[listed->value - x1.value]));
  realm.ask<wire::DeregisterResponse>(Ipv4{x1.value + 10}, deregister(clients[10]));
  const Ipv4 late{x1.value + hosts};
  realm.ask<wire::AssignResponseRsapIp>(late, rsap(realm.enroll(late), wire::AnyPorts{1}));
  answer->read_all();
  CHECK(answer->lines.back() == json{{"done", true}});
  answer->lines.pop_back();

  std::map<std::string, std::set<std::uint32_t>> seen;
  for (const json& item : answer->lines) {
    CHECK(seen[item.at("host").get<std::string>()].insert(item.at("bind").get<std::uint32_t>()).second);
  }
  for (std::uint32_t host = 0; host < hosts; ++host) {
    const Ipv4 address{x1.value + host};
    if (address == *listed) continue;
    CHECK(seen[to_string(address)].size() == (host == 10 ? 0 : each));
  }
  CHECK(seen[to_string(late)].size() == 1);
}

TEST_CASE("commands: hosts, with what has gone through their tunnels") {
  Operated realm;
  const ClientId client = realm.enroll(x1);
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::AnyPorts{4}, wire::AnySpis{16}));
  realm.view.traffics[realm.kernel.last_index] = {{3, 300}, {5, 5000}};
  realm.enroll(x2);
  const std::vector<json> all = realm.items(R"({"command": "hosts"})");
  REQUIRE(all.size() == 2);
  CHECK(all[0] == json{{"host", "10.0.0.11"},
                       {"client", number(client)},
                       {"expires", 300},
                       {"bindings", 1},
                       {"ports", 4},
                       {"spis", 16},
                       {"whole_addresses", 0},
                       {"ike", 0},
                       {"tunnels", json::array({{{"device", "rsip1"},
                                                 {"type", "ipip"},
                                                 {"gateway", "10.0.0.1"},
                                                 {"from_host", {{"packets", 3}, {"bytes", 300}}},
                                                 {"to_host", {{"packets", 5}, {"bytes", 5000}}}}})}});
  CHECK(all[1].at("host") == "10.0.0.12");
  CHECK(all[1].at("tunnels") == json::array());
}

TEST_CASE("commands: pools") {
  lease::Config config;
  config.ports = {Port{400}, 200};  // with port 500, which nobody can have
  config.listen_ports = Run<Port>{Port{80}, 1};
  config.spis = {Spi{0x1000}, 32};
  config.suggested_spis = Run<Spi>{Spi{0x1010}, 32};
  config.exclusive_pool = {Ipv4{0xc6336411}, Ipv4{0xc6336412}};
  Operated realm({}, config);
  const ClientId client = realm.enroll(x1);
  const auto freed = realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::AnyPorts{4}, wire::AnySpis{8}));
  realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::AnyPorts{2}, wire::AnySpis{4}));
  realm.ask<wire::FreeResponse>(x1, free_request(client, freed.bind));
  realm.gateway->judge_ike(realm.kernel.last_index, ike(nb, 0xaa), realm.now);

  const auto use = [](int total, int leased, int on_hold) {
    return json{{"total", total}, {"leased", leased}, {"on_hold", on_hold}, {"free", total - leased - on_hold}};
  };
  std::vector<json> all = realm.items(R"({"command": "pools"})");
  REQUIRE(all.size() == 2);
  CHECK(all[0] == json{{"address", "198.51.100.1"},
                       {"ports", use(199, 2, 4)},
                       {"listen_ports", use(1, 0, 0)},
                       {"spis", use(32, 4, 8)},
                       {"suggested_spis", use(16, 0, 0)},
                       {"cookie_prefixes", use(65535, 0, 0)},
                       {"cookies", 1}});
  CHECK(all[1] == json{{"address", nullptr}, {"whole_addresses", use(2, 0, 0)}});
  realm.now += config.hold;  // nobody has asked for a number since, but the rest is over
  all = realm.items(R"({"command": "pools"})");
  CHECK(all[0].at("ports") == use(199, 2, 0));
}

TEST_CASE("commands: drain refuses new leases and keeps the old") {
  Operated realm;
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  CHECK(realm.items(R"({"command": "status"})").at(0).at("draining") == false);
  realm.items(R"({"command": "drain", "on": true})");
  CHECK(realm.items(R"({"command": "status"})").at(0).at("draining") == true);

  CHECK(realm.refused(x1, rsap(client, wire::AnyPorts{1})).error == wire::ErrorCode::local_addr_unavailable);
  const ClientId newcomer = realm.enroll(x2);
  CHECK(realm.refused(x2, rsipsec(newcomer, wire::AnyPorts{1}, wire::AnySpis{1})).error ==
        wire::ErrorCode::local_addr_unavailable);
  wire::ListenRequest listen;
  listen.client = newcomer;
  listen.local_ports = Run<Port>{Port{30000}, 1};
  CHECK(realm.refused(x2, listen).error == wire::ErrorCode::local_addr_unavailable);
  realm.ask<wire::ExtendResponse>(x1, extend_request(client, granted.bind, LeaseTime{50}));
  realm.ask<wire::FreeResponse>(x1, free_request(client, granted.bind));
  realm.ask<wire::DeregisterResponse>(x1, deregister(client));

  realm.items(R"({"command": "drain", "on": false})");
  realm.ask<wire::AssignResponseRsapIp>(x2, rsap(newcomer, wire::AnyPorts{1}));
}

TEST_CASE("commands: status") {
  Operated realm;
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(realm.enroll(x1), wire::AnyPorts{1}));
  const std::vector<json> all = realm.items(R"({"command": "status"})");
  REQUIRE(all.size() == 1);
  CHECK(all[0].at("version") == "1");
  CHECK(all[0].at("hosts") == 1);
  CHECK(all[0].at("bindings") == 1);
  CHECK(all[0].at("max_hosts") == 10000);
  CHECK(all[0].at("watchers") == 0);
}

TEST_CASE("commands: watch tells each event until nobody listens") {
  Operated realm;
  const auto answer = realm.begin(R"({"command": "watch"})");
  REQUIRE(answer->lines.size() == 1);
  CHECK(answer->lines[0].at("event") == "watching");
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  realm.refused(x1, free_request(client, BindId{9}));
  realm.ask<wire::FreeResponse>(x1, free_request(client, granted.bind));
  REQUIRE(answer->lines.size() == 5);
  CHECK_FALSE(answer->ended);

  CHECK(names_of(answer->lines[1]) == std::vector<std::string>{"client", "event", "host", "time"});
  CHECK(answer->lines[1].at("event") == "registered");
  const json& assigned = answer->lines[2];
  CHECK(assigned.at("event") == "assigned");
  CHECK(assigned.at("host") == "10.0.0.11");
  CHECK(assigned.at("bind") == number(granted.bind));
  CHECK(assigned.at("method") == "RSAP-IP");
  CHECK(assigned.at("address") == "198.51.100.1");
  CHECK(assigned.at("ports").size() == 1);
  CHECK(assigned.at("expires") == 100);
  CHECK(answer->lines[3].at("event") == "refused");
  CHECK(answer->lines[3].at("request") == "FREE_REQUEST");
  CHECK(answer->lines[3].at("error") == "BAD_BIND_ID");
  CHECK(answer->lines[4].at("event") == "ended");
  CHECK(answer->lines[4].at("end") == "freed");
  CHECK(answer->lines[4].at("ports") == assigned.at("ports"));

  CHECK(realm.watchers.count() == 1);
  answer->gone = true;
  realm.ask<wire::DeregisterResponse>(x1, deregister(client));
  CHECK(answer->lines.size() == 5);
  CHECK(realm.watchers.count() == 0);
}

TEST_CASE("commands: diff tells what the kernel lacks, and what it has that nobody has leased") {
  lease::Config config;
  config.exclusive_pool = {Ipv4{0xc6336411}};
  Operated realm({}, config);
  const ClientId client = realm.enroll(x1);
  const auto granted =
      realm.ask<wire::AssignResponseRsipsec>(x1, rsipsec(client, wire::AnyPorts{4}, wire::AnySpis{16}));
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{2}));
  realm.gateway->judge_ike(realm.kernel.last_index, ike(nb, 0xaa, 500, Ipv4{0xc6336402}), realm.now);
  realm.view.traffics[realm.kernel.last_index] = {};
  const ClientId other = realm.enroll(x2);
  wire::AssignRequestRsaIp whole;
  whole.client = other;
  realm.ask<wire::AssignResponseRsaIp>(x2, whole);
  realm.view.traffics[realm.kernel.last_index] = {};
  const std::string diff = R"({"command": "diff"})";
  CHECK(realm.items(diff).empty());

  // Each element of each kind is missed.
  const auto all = realm.kernel.elements;
  CHECK(all.size() > 40);
  for (const auto& [key, element] : all) {
    realm.kernel.elements.erase(key);
    CHECK(realm.items(diff) ==
          std::vector<json>{{{"what", "missing"}, {"element", steer::to_string(element)}, {"owner", element.comment}}});
    realm.kernel.elements.emplace(key, element);
  }
  CHECK(realm.items(diff).empty());

  // One that leads elsewhere is both.
  steer::Element astray = std::ranges::find_if(all, [](const auto& entry) {
                            return std::string_view(entry.second.set) == "spi_in";
                          })->second;
  astray.device = 7;
  realm.kernel.elements[MemoryKernel::key(astray)] = astray;
  std::vector<json> found = realm.items(diff);
  REQUIRE(found.size() == 2);
  CHECK(found[0].at("what") == "missing");
  CHECK(found[1].at("what") == "foreign");
  realm.kernel.elements = all;

  // What a host has freed, and what names nobody.
  const auto one = realm.kernel.elements;
  realm.ask<wire::FreeResponse>(x1, free_request(client, granted.bind));
  CHECK(realm.items(diff).empty());
  for (const auto& [key, element] : one) realm.kernel.elements.emplace(key, element);
  found = realm.items(diff);
  CHECK(found.size() > 20);
  CHECK(std::ranges::all_of(found, [](const json& item) { return item.at("what") == "foreign"; }));
  realm.gateway->revoke(x1, std::nullopt, realm.now);
  steer::Element unnamed = astray;
  unnamed.comment = "by hand";
  realm.kernel.elements[MemoryKernel::key(unnamed)] = unnamed;
  found = realm.items(diff);
  CHECK(std::ranges::count_if(found, [](const json& item) { return item.at("owner") == "by hand"; }) == 1);

  // A tunnel device that somebody has removed.
  realm.kernel.elements = all;
  std::erase_if(realm.kernel.elements, [](const auto& entry) { return entry.second.comment.ends_with("10.0.0.11"); });
  realm.view.traffics.erase(realm.kernel.last_index);
  CHECK(realm.items(diff).at(0).at("element") == "device rsip2");
}

TEST_CASE("commands: diff goes on while leases come and go") {
  Operated realm;
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  realm.view.traffics[realm.kernel.last_index] = {};
  const auto answer = realm.begin(R"({"command": "diff"})");
  answer->read_piece();  // x1
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  answer->read_piece();  // no more hosts
  realm.ask<wire::FreeResponse>(x1, free_request(client, granted.bind));
  realm.ask<wire::AssignResponseRsapIp>(x2, rsap(realm.enroll(x2), wire::AnyPorts{4}));
  answer->read_all();
  CHECK(answer->lines == std::vector<json>{{{"done", true}}});
}

}  // namespace commands_test
