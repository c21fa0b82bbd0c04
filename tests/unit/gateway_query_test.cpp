// SPDX-License-Identifier: GPL-2.0-or-later
// QUERY_REQUEST as bytes, and what the gateway answers (RFC 3103 sections 9.14 and 9.15).
#include <doctest/doctest.h>

#include "gateway/gateway.hpp"
#include "hex.hpp"
#include "memory_kernel.hpp"
#include "memory_routes.hpp"
#include "wire/codec.hpp"

namespace gateway_query_test {

using namespace rsip;
using namespace rsip::gateway;

namespace {

constexpr Peer x1{Ipv4{0x0a00000b}, 1234, Ipv4{0x0a000001}, Transport::tcp};

lease::Config config() {
  lease::Config config;
  config.pool = {Ipv4{0xc6336401}};
  return config;
}

struct Realm {
  Realm() {
    routes.table = {{*parse_prefix("10.0.0.0/24"), Routes::Side::private_side},
                    {*parse_prefix("198.51.100.0/24"), Routes::Side::public_side}};
  }

  std::string ask(const std::string& request) {
    const auto reply = gateway.handle(x1, test::from_hex(request), {});
    REQUIRE(reply);
    return test::to_hex(*reply);
  }

  test::MemoryKernel kernel;
  test::MemoryRoutes routes;
  Gateway gateway{{}, config(), [](std::uint32_t bound) { return bound - 1; }, kernel};
};

std::string packed(std::string_view hex) {
  return test::to_hex(test::from_hex(hex));
}

ClientId enroll(Realm& realm) {
  const auto reply = realm.gateway.handle(x1, wire::encode(wire::RegisterRequest{}), {});
  REQUIRE(reply);
  const auto response = wire::decode(*reply);
  REQUIRE(response);
  return std::get<wire::RegisterResponse>(*response).client;
}

std::vector<std::uint8_t> query(ClientId client, std::vector<wire::QueryTuple> tuples) {
  wire::QueryRequest request;
  request.client = client;
  request.tuples = std::move(tuples);
  return wire::encode(request);
}

}  // namespace

TEST_CASE("query: indicators of one byte and of two are read, two are sent") {
  Realm realm;
  realm.gateway.set_locality(Locality({}, realm.routes));
  const std::string client = test::to_hex(query(enroll(realm), {})).substr(14);  // the client ID's value
  const std::string response = "01 0f 002d 04 0004" + client +
                               "0a 0002 0002 01 0005 01 0a000000 01 0005 02 ffffff00"
                               "0a 0002 0003 01 0005 01 c6336402";
  CHECK(realm.ask("01 0e 002d 04 0004" + client +
                  "0a 0002 0001 01 0005 01 c6336402"
                  "0a 0002 0002 01 0005 01 0a000000 01 0005 02 ffffff00") == packed(response));
  CHECK(realm.ask("01 0e 002b 04 0004" + client +
                  "0a 0001 01 01 0005 01 c6336402"
                  "0a 0001 02 01 0005 01 0a000000 01 0005 02 ffffff00") == packed(response));
}

TEST_CASE("query: what is not known is left out of the response") {
  Realm realm;
  realm.gateway.set_locality(Locality({}, realm.routes));
  const ClientId client = enroll(realm);
  const auto reply = realm.gateway.handle(x1, query(client, {{false, wire::Fqdn{"y.example"}, {}}}), {});
  REQUIRE(reply);
  wire::QueryResponse nothing;
  nothing.client = client;
  CHECK(*wire::decode(*reply) == wire::Message{nothing});
}

TEST_CASE("query: only for registered hosts") {
  Realm realm;
  realm.gateway.set_locality(Locality({}, realm.routes));
  const auto error = [&](ClientId client) {
    const auto reply = realm.gateway.handle(x1, query(client, {}), {});
    REQUIRE(reply);
    return std::get<wire::ErrorResponse>(*wire::decode(*reply));
  };
  CHECK(error(ClientId{5}).error == wire::ErrorCode::register_first);
  const ClientId other{number(enroll(realm)) + 1};
  CHECK(error(other).error == wire::ErrorCode::bad_client_id);
  CHECK(error(other).client == other);
  CHECK(realm.routes.listings == 0);
}

}  // namespace gateway_query_test
