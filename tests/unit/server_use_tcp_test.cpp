// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include "server/use_tcp.hpp"
#include "wire/codec.hpp"

namespace server_use_tcp_test {

using namespace rsip;

TEST_CASE("use tcp: a request's counter comes back with the error, and a response gets no answer") {
  wire::RegisterRequest request;
  request.counter = Counter{7};
  const auto bytes = server::use_tcp(wire::encode(request));
  REQUIRE(bytes);
  const auto answer = wire::decode(*bytes);
  REQUIRE(answer);
  REQUIRE(std::holds_alternative<wire::ErrorResponse>(*answer));
  CHECK(std::get<wire::ErrorResponse>(*answer).error == wire::ErrorCode::use_tcp);
  CHECK(std::get<wire::ErrorResponse>(*answer).counter == Counter{7});

  CHECK_FALSE(server::use_tcp(*bytes));
  CHECK(server::use_tcp(std::vector<std::uint8_t>{1, 2, 3}));
}

}  // namespace server_use_tcp_test
