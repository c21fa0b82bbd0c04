// SPDX-License-Identifier: GPL-2.0-or-later
// One parameter's value <-> the bytes after its type and length. What a message makes of it is not known here.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "wire/error.hpp"
#include "wire/parameter.hpp"
#include "wire/reader.hpp"
#include "wire/writer.hpp"

namespace rsip::wire {

/// RFC 3103 section 8.10. Its meaning is the message's.
enum class Indicator : std::uint16_t {};

/// Any parameter: the C++ type says which.
using Value = std::variant<Address, Ports, LeaseTime, ClientId, BindId, TunnelType, Method, ErrorCode, FlowPolicy,
                           Indicator, Counter, Vendor, Spis>;

constexpr ParameterType parameter_type(const Address& /*unused*/) {
  return ParameterType::address;
}
constexpr ParameterType parameter_type(const Ports& /*unused*/) {
  return ParameterType::ports;
}
constexpr ParameterType parameter_type(LeaseTime /*unused*/) {
  return ParameterType::lease_time;
}
constexpr ParameterType parameter_type(ClientId /*unused*/) {
  return ParameterType::client_id;
}
constexpr ParameterType parameter_type(BindId /*unused*/) {
  return ParameterType::bind_id;
}
constexpr ParameterType parameter_type(TunnelType /*unused*/) {
  return ParameterType::tunnel_type;
}
constexpr ParameterType parameter_type(Method /*unused*/) {
  return ParameterType::rsip_method;
}
constexpr ParameterType parameter_type(ErrorCode /*unused*/) {
  return ParameterType::error;
}
constexpr ParameterType parameter_type(FlowPolicy /*unused*/) {
  return ParameterType::flow_policy;
}
constexpr ParameterType parameter_type(Indicator /*unused*/) {
  return ParameterType::indicator;
}
constexpr ParameterType parameter_type(Counter /*unused*/) {
  return ParameterType::message_counter;
}
constexpr ParameterType parameter_type(const Vendor& /*unused*/) {
  return ParameterType::vendor_specific;
}
constexpr ParameterType parameter_type(const Spis& /*unused*/) {
  return ParameterType::spi;
}
ParameterType parameter_type(const Value& value);

/// The parameter type of that number; nothing where no RFC defines it.
std::optional<ParameterType> known_parameter(std::uint8_t type);

/// Reads a value that takes all of `value`; nothing where it is malformed.
std::optional<Value> read_value(ParameterType type, Reader value);

void write_value(Writer& out, const Address& address);
void write_value(Writer& out, const Ports& ports);
void write_value(Writer& out, LeaseTime lease);
void write_value(Writer& out, ClientId client);
void write_value(Writer& out, BindId bind);
void write_value(Writer& out, TunnelType tunnel);
void write_value(Writer& out, Method method);
void write_value(Writer& out, ErrorCode error);
void write_value(Writer& out, FlowPolicy policy);
void write_value(Writer& out, Indicator indicator);
void write_value(Writer& out, Counter counter);
void write_value(Writer& out, const Vendor& vendor);
void write_value(Writer& out, const Spis& spis);

}  // namespace rsip::wire
