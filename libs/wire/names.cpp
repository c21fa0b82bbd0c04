// SPDX-License-Identifier: GPL-2.0-or-later
#include <variant>

#include "wire/error.hpp"
#include "wire/message.hpp"

namespace rsip::wire {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::unknown_error:
      return "UNKNOWN_ERROR";
    case ErrorCode::use_tcp:
      return "USE_TCP";
    case ErrorCode::flow_policy_violation:
      return "FLOW_POLICY_VIOLATION";
    case ErrorCode::internal_server_error:
      return "INTERNAL_SERVER_ERROR";
    case ErrorCode::message_counter_required:
      return "MESSAGE_COUNTER_REQUIRED";
    case ErrorCode::unsupported_rsip_version:
      return "UNSUPPORTED_RSIP_VERSION";
    case ErrorCode::missing_param:
      return "MISSING_PARAM";
    case ErrorCode::duplicate_param:
      return "DUPLICATE_PARAM";
    case ErrorCode::extra_param:
      return "EXTRA_PARAM";
    case ErrorCode::illegal_param:
      return "ILLEGAL_PARAM";
    case ErrorCode::bad_param:
      return "BAD_PARAM";
    case ErrorCode::illegal_message:
      return "ILLEGAL_MESSAGE";
    case ErrorCode::bad_message:
      return "BAD_MESSAGE";
    case ErrorCode::unsupported_message:
      return "UNSUPPORTED_MESSAGE";
    case ErrorCode::register_first:
      return "REGISTER_FIRST";
    case ErrorCode::already_registered:
      return "ALREADY_REGISTERED";
    case ErrorCode::already_unregistered:
      return "ALREADY_UNREGISTERED";
    case ErrorCode::registration_denied:
      return "REGISTRATION_DENIED";
    case ErrorCode::bad_client_id:
      return "BAD_CLIENT_ID";
    case ErrorCode::bad_bind_id:
      return "BAD_BIND_ID";
    case ErrorCode::bad_tunnel_type:
      return "BAD_TUNNEL_TYPE";
    case ErrorCode::local_addr_unavailable:
      return "LOCAL_ADDR_UNAVAILABLE";
    case ErrorCode::local_addrport_unavailable:
      return "LOCAL_ADDRPORT_UNAVAILABLE";
    case ErrorCode::local_addr_inuse:
      return "LOCAL_ADDR_INUSE";
    case ErrorCode::local_addrport_inuse:
      return "LOCAL_ADDRPORT_INUSE";
    case ErrorCode::local_addr_unallowed:
      return "LOCAL_ADDR_UNALLOWED";
    case ErrorCode::local_addrport_unallowed:
      return "LOCAL_ADDRPORT_UNALLOWED";
    case ErrorCode::remote_addr_unallowed:
      return "REMOTE_ADDR_UNALLOWED";
    case ErrorCode::remote_addrport_unallowed:
      return "REMOTE_ADDRPORT_UNALLOWED";
    case ErrorCode::ipsec_unallowed:
      return "IPSEC_UNALLOWED";
    case ErrorCode::ipsec_spi_unavailable:
      return "IPSEC_SPI_UNAVAILABLE";
    case ErrorCode::ipsec_spi_inuse:
      return "IPSEC_SPI_INUSE";
  }
  return "ERROR";
}

std::string_view name(MessageType type) {
  switch (type) {
    case MessageType::error_response:
      return "ERROR_RESPONSE";
    case MessageType::register_request:
      return "REGISTER_REQUEST";
    case MessageType::register_response:
      return "REGISTER_RESPONSE";
    case MessageType::deregister_request:
      return "DE-REGISTER_REQUEST";
    case MessageType::deregister_response:
      return "DE-REGISTER_RESPONSE";
    case MessageType::assign_request_rsa_ip:
      return "ASSIGN_REQUEST_RSA-IP";
    case MessageType::assign_response_rsa_ip:
      return "ASSIGN_RESPONSE_RSA-IP";
    case MessageType::assign_request_rsap_ip:
      return "ASSIGN_REQUEST_RSAP-IP";
    case MessageType::assign_response_rsap_ip:
      return "ASSIGN_RESPONSE_RSAP-IP";
    case MessageType::extend_request:
      return "EXTEND_REQUEST";
    case MessageType::extend_response:
      return "EXTEND_RESPONSE";
    case MessageType::free_request:
      return "FREE_REQUEST";
    case MessageType::free_response:
      return "FREE_RESPONSE";
    case MessageType::query_request:
      return "QUERY_REQUEST";
    case MessageType::query_response:
      return "QUERY_RESPONSE";
    case MessageType::listen_request:
      return "LISTEN_REQUEST";
    case MessageType::listen_response:
      return "LISTEN_RESPONSE";
    case MessageType::assign_request_rsipsec:
      return "ASSIGN_REQUEST_RSIPSEC";
    case MessageType::assign_response_rsipsec:
      return "ASSIGN_RESPONSE_RSIPSEC";
  }
  return "MESSAGE";
}

MessageType type_of(const Message& message) {
  return std::visit([](const auto& each) { return each.type; }, message);
}

}  // namespace rsip::wire
