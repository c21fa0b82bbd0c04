// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include "wire/message.hpp"

namespace wire_names_test {

using namespace rsip::wire;

TEST_CASE("names are the RFC's") {
  CHECK(name(MessageType::error_response) == "ERROR_RESPONSE");
  CHECK(name(MessageType::deregister_request) == "DE-REGISTER_REQUEST");
  CHECK(name(MessageType::assign_request_rsa_ip) == "ASSIGN_REQUEST_RSA-IP");
  CHECK(name(MessageType::assign_response_rsap_ip) == "ASSIGN_RESPONSE_RSAP-IP");
  CHECK(name(MessageType::assign_response_rsipsec) == "ASSIGN_RESPONSE_RSIPSEC");
  CHECK(name(MessageType{18}) == "MESSAGE");
  CHECK(name(ErrorCode::use_tcp) == "USE_TCP");
  CHECK(name(ErrorCode::local_addr_inuse) == "LOCAL_ADDR_INUSE");
  CHECK(name(ErrorCode{401}) == "IPSEC_UNALLOWED");
  CHECK(name(ErrorCode{402}) == "IPSEC_SPI_UNAVAILABLE");
  CHECK(name(ErrorCode{403}) == "IPSEC_SPI_INUSE");
  CHECK(name(ErrorCode{400}) == "ERROR");
}

}  // namespace wire_names_test
