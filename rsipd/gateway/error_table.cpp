// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/error_table.hpp"

namespace rsip::gateway {

wire::ErrorCode error_code(lease::Refusal refusal) {
  using lease::Refusal;
  using wire::ErrorCode;
  switch (refusal) {
    case Refusal::too_many_hosts:
      return ErrorCode::registration_denied;
    case Refusal::already_registered:
      return ErrorCode::already_registered;
    case Refusal::not_registered:
      return ErrorCode::register_first;
    case Refusal::bad_client_id:
      return ErrorCode::bad_client_id;
    case Refusal::bad_bind_id:
      return ErrorCode::bad_bind_id;
    case Refusal::too_many_bindings:
    case Refusal::ports_unavailable:
      return ErrorCode::local_addrport_unavailable;
    case Refusal::address_unavailable:
      return ErrorCode::local_addr_unavailable;
    case Refusal::address_in_use:
      return ErrorCode::local_addr_inuse;
    case Refusal::address_unallowed:
      return ErrorCode::local_addr_unallowed;
    case Refusal::ports_in_use:
      return ErrorCode::local_addrport_inuse;
    case Refusal::ports_unallowed:
      return ErrorCode::local_addrport_unallowed;
    case Refusal::spis_unavailable:
      return ErrorCode::ipsec_spi_unavailable;
    case Refusal::spis_in_use:
      return ErrorCode::ipsec_spi_inuse;
  }
  return ErrorCode::unknown_error;
}

}  // namespace rsip::gateway
