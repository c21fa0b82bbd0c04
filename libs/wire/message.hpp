// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of RFC 3103 section 9 and RFC 3104 section 6.2 as values. Each struct lists its members as the RFC
// prints them: the required parameters in their order, then the optional ones. Vendor-specific parameters may stand
// in any message, in any number (RFC 3103 section 8.12).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "types/ids.hpp"
#include "wire/error.hpp"
#include "wire/parameter.hpp"

namespace rsip::wire {

inline constexpr std::uint8_t rsip_version = 1;
inline constexpr std::size_t header_size = 4;  ///< version, type, overall length (RFC 3103 section 9)
inline constexpr std::size_t max_message_size = 65535;

/// RFC 3103 appendix B, RFC 3104 appendix C.
enum class MessageType : std::uint8_t {
  error_response = 1,
  register_request = 2,
  register_response = 3,
  deregister_request = 4,
  deregister_response = 5,
  assign_request_rsa_ip = 6,
  assign_response_rsa_ip = 7,
  assign_request_rsap_ip = 8,
  assign_response_rsap_ip = 9,
  extend_request = 10,
  extend_response = 11,
  free_request = 12,
  free_response = 13,
  query_request = 14,
  query_response = 15,
  listen_request = 16,
  listen_response = 17,
  assign_request_rsipsec = 22,
  assign_response_rsipsec = 23,
};

/// The RFC's own spelling, "ASSIGN_REQUEST_RSIPSEC"; "MESSAGE" for a number that no RFC defines.
std::string_view name(MessageType type);

/// What may stand in every message.
struct Common {
  std::optional<Counter> counter;
  std::vector<Vendor> vendor;
  friend auto operator<=>(const Common&, const Common&) = default;
};

struct ErrorResponse : Common {
  static constexpr MessageType type = MessageType::error_response;
  ErrorCode error = ErrorCode::unknown_error;
  std::optional<ClientId> client;
  std::optional<BindId> bind;
  friend auto operator<=>(const ErrorResponse&, const ErrorResponse&) = default;
};

struct RegisterRequest : Common {
  static constexpr MessageType type = MessageType::register_request;
  friend auto operator<=>(const RegisterRequest&, const RegisterRequest&) = default;
};

struct RegisterResponse : Common {
  static constexpr MessageType type = MessageType::register_response;
  ClientId client{};
  LeaseTime lease{};
  FlowPolicy policy;
  std::vector<Method> methods;
  std::vector<TunnelType> tunnels;
  friend auto operator<=>(const RegisterResponse&, const RegisterResponse&) = default;
};

struct DeregisterRequest : Common {
  static constexpr MessageType type = MessageType::deregister_request;
  ClientId client{};
  friend auto operator<=>(const DeregisterRequest&, const DeregisterRequest&) = default;
};

struct DeregisterResponse : Common {
  static constexpr MessageType type = MessageType::deregister_response;
  ClientId client{};
  friend auto operator<=>(const DeregisterResponse&, const DeregisterResponse&) = default;
};

struct AssignRequestRsaIp : Common {
  static constexpr MessageType type = MessageType::assign_request_rsa_ip;
  ClientId client{};
  Address local;
  Address remote;
  Ports remote_ports = AnyPorts{};
  std::optional<LeaseTime> lease;
  std::optional<TunnelType> tunnel;
  friend auto operator<=>(const AssignRequestRsaIp&, const AssignRequestRsaIp&) = default;
};

struct AssignResponseRsaIp : Common {
  static constexpr MessageType type = MessageType::assign_response_rsa_ip;
  ClientId client{};
  BindId bind{};
  Address local;
  Address remote;
  Ports remote_ports = AnyPorts{};
  LeaseTime lease{};
  TunnelType tunnel = TunnelType::ip_ip;
  std::optional<Address> tunnel_endpoint;
  friend auto operator<=>(const AssignResponseRsaIp&, const AssignResponseRsaIp&) = default;
};

struct AssignRequestRsapIp : Common {
  static constexpr MessageType type = MessageType::assign_request_rsap_ip;
  ClientId client{};
  Address local;
  Ports local_ports = AnyPorts{};
  Address remote;
  Ports remote_ports = AnyPorts{};
  std::optional<LeaseTime> lease;
  std::optional<TunnelType> tunnel;
  friend auto operator<=>(const AssignRequestRsapIp&, const AssignRequestRsapIp&) = default;
};

struct AssignResponseRsapIp : Common {
  static constexpr MessageType type = MessageType::assign_response_rsap_ip;
  ClientId client{};
  BindId bind{};
  Address local;
  Ports local_ports = AnyPorts{};
  Address remote;
  Ports remote_ports = AnyPorts{};
  LeaseTime lease{};
  TunnelType tunnel = TunnelType::ip_ip;
  std::optional<Address> tunnel_endpoint;
  friend auto operator<=>(const AssignResponseRsapIp&, const AssignResponseRsapIp&) = default;
};

struct AssignRequestRsipsec : Common {
  static constexpr MessageType type = MessageType::assign_request_rsipsec;
  ClientId client{};
  Address local;
  Ports local_ports = NoPorts{};
  Address remote;
  Ports remote_ports = NoPorts{};
  Spis spis = AnySpis{};
  std::optional<LeaseTime> lease;
  std::optional<TunnelType> tunnel;
  friend auto operator<=>(const AssignRequestRsipsec&, const AssignRequestRsipsec&) = default;
};

struct AssignResponseRsipsec : Common {
  static constexpr MessageType type = MessageType::assign_response_rsipsec;
  ClientId client{};
  BindId bind{};
  Address local;
  Ports local_ports = NoPorts{};
  Address remote;
  Ports remote_ports = NoPorts{};
  Spis spis = AnySpis{};
  LeaseTime lease{};
  TunnelType tunnel = TunnelType::ip_ip;
  std::optional<Address> tunnel_endpoint;
  friend auto operator<=>(const AssignResponseRsipsec&, const AssignResponseRsipsec&) = default;
};

struct ExtendRequest : Common {
  static constexpr MessageType type = MessageType::extend_request;
  ClientId client{};
  BindId bind{};
  std::optional<LeaseTime> lease;
  friend auto operator<=>(const ExtendRequest&, const ExtendRequest&) = default;
};

struct ExtendResponse : Common {
  static constexpr MessageType type = MessageType::extend_response;
  ClientId client{};
  BindId bind{};
  LeaseTime lease{};
  friend auto operator<=>(const ExtendResponse&, const ExtendResponse&) = default;
};

struct FreeRequest : Common {
  static constexpr MessageType type = MessageType::free_request;
  ClientId client{};
  BindId bind{};
  friend auto operator<=>(const FreeRequest&, const FreeRequest&) = default;
};

struct FreeResponse : Common {
  static constexpr MessageType type = MessageType::free_response;
  ClientId client{};
  BindId bind{};
  friend auto operator<=>(const FreeResponse&, const FreeResponse&) = default;
};

/// One address or network of a QUERY message (RFC 3103 section 9.14.2, 9.15.2). `netmask` is present where it is a
/// network, is an Ipv4Netmask then, and `address` no name (section 9.14.3); `remote` is false in requests.
struct QueryTuple {
  bool remote = false;
  Address address;
  std::optional<Address> netmask;
  friend auto operator<=>(const QueryTuple&, const QueryTuple&) = default;
};

struct QueryRequest : Common {
  static constexpr MessageType type = MessageType::query_request;
  ClientId client{};
  std::vector<QueryTuple> tuples;
  friend auto operator<=>(const QueryRequest&, const QueryRequest&) = default;
};

struct QueryResponse : Common {
  static constexpr MessageType type = MessageType::query_response;
  ClientId client{};
  std::vector<QueryTuple> tuples;
  friend auto operator<=>(const QueryResponse&, const QueryResponse&) = default;
};

struct ListenRequest : Common {
  static constexpr MessageType type = MessageType::listen_request;
  ClientId client{};
  Address local;
  Ports local_ports = AnyPorts{};
  Address remote;
  Ports remote_ports = AnyPorts{};
  std::optional<LeaseTime> lease;
  std::vector<TunnelType> tunnels;
  friend auto operator<=>(const ListenRequest&, const ListenRequest&) = default;
};

struct ListenResponse : Common {
  static constexpr MessageType type = MessageType::listen_response;
  ClientId client{};
  BindId bind{};
  Address local;
  Ports local_ports = AnyPorts{};
  Address remote;
  Ports remote_ports = AnyPorts{};
  TunnelType tunnel = TunnelType::ip_ip;
  LeaseTime lease{};
  std::optional<Address> tunnel_endpoint;
  friend auto operator<=>(const ListenResponse&, const ListenResponse&) = default;
};

using Message = std::variant<ErrorResponse, RegisterRequest, RegisterResponse, DeregisterRequest, DeregisterResponse,
                             AssignRequestRsaIp, AssignResponseRsaIp, AssignRequestRsapIp, AssignResponseRsapIp,
                             ExtendRequest, ExtendResponse, FreeRequest, FreeResponse, QueryRequest, QueryResponse,
                             ListenRequest, ListenResponse, AssignRequestRsipsec, AssignResponseRsipsec>;

MessageType type_of(const Message& message);

}  // namespace rsip::wire
