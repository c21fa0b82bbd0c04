// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace rsip::wire {

/// RFC 3103 appendix A and RFC 3104 appendix B. The decoder gives only those of the 100s and 200s it can tell.
enum class ErrorCode : std::uint16_t {
  unknown_error = 101,
  use_tcp = 102,
  flow_policy_violation = 103,
  internal_server_error = 104,
  message_counter_required = 105,
  unsupported_rsip_version = 106,
  missing_param = 201,
  duplicate_param = 202,
  extra_param = 203,
  illegal_param = 204,
  bad_param = 205,
  illegal_message = 206,
  bad_message = 207,
  unsupported_message = 208,
  register_first = 301,
  already_registered = 302,
  already_unregistered = 303,
  registration_denied = 304,
  bad_client_id = 305,
  bad_bind_id = 306,
  bad_tunnel_type = 307,
  local_addr_unavailable = 308,
  local_addrport_unavailable = 309,
  local_addr_inuse = 310,
  local_addrport_inuse = 311,
  local_addr_unallowed = 312,
  local_addrport_unallowed = 313,
  remote_addr_unallowed = 314,
  remote_addrport_unallowed = 315,
  ipsec_unallowed = 401,
  ipsec_spi_unavailable = 402,
  ipsec_spi_inuse = 403,
};

/// The RFC's own spelling, "LOCAL_ADDR_INUSE"; "ERROR" for a number that no RFC defines.
std::string_view name(ErrorCode code);

}  // namespace rsip::wire
