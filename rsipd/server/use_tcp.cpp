// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/use_tcp.hpp"

#include "wire/codec.hpp"

namespace rsip::server {

namespace {

bool is_request(wire::MessageType type) {
  using wire::MessageType;
  switch (type) {
    case MessageType::register_request:
    case MessageType::deregister_request:
    case MessageType::assign_request_rsa_ip:
    case MessageType::assign_request_rsap_ip:
    case MessageType::assign_request_rsipsec:
    case MessageType::extend_request:
    case MessageType::free_request:
    case MessageType::query_request:
    case MessageType::listen_request:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<gateway::Bytes> use_tcp(std::span<const std::uint8_t> message) {
  const tl::expected<wire::Message, wire::DecodeError> decoded = wire::decode(message);
  if (decoded && !is_request(wire::type_of(*decoded))) return std::nullopt;
  wire::ErrorResponse response;
  response.error = wire::ErrorCode::use_tcp;
  response.counter =
      decoded ? std::visit([](const auto& any) { return any.counter; }, *decoded) : decoded.error().counter;
  return wire::encode(response);
}

}  // namespace rsip::server
