// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/verdict.hpp"

namespace rsip::host {

using wire::ErrorCode;

std::string words(ErrorCode code) {
  return std::string(wire::name(code));
}

bool registration_lost(ErrorCode code) {
  return code == ErrorCode::register_first || code == ErrorCode::bad_client_id;
}

bool about_choice(ErrorCode code) {
  switch (code) {
    case ErrorCode::local_addr_unavailable:
    case ErrorCode::local_addrport_unavailable:
    case ErrorCode::local_addr_inuse:
    case ErrorCode::local_addrport_inuse:
    case ErrorCode::local_addr_unallowed:
    case ErrorCode::local_addrport_unallowed:
    case ErrorCode::ipsec_spi_unavailable:
    case ErrorCode::ipsec_spi_inuse:
      return true;
    default:
      return false;
  }
}

bool may_pass(ErrorCode code) {
  return code == ErrorCode::local_addr_unavailable || code == ErrorCode::local_addrport_unavailable ||
         code == ErrorCode::ipsec_spi_unavailable || code == ErrorCode::internal_server_error ||
         code == ErrorCode::unknown_error || code == ErrorCode::already_registered || code == ErrorCode::bad_bind_id ||
         registration_lost(code);
}

}  // namespace rsip::host
