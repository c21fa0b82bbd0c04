// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire/values.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace rsip::wire {

namespace {

/// RFC 3103 section 8.1.
enum class AddressKind : std::uint8_t { reserved = 0, ipv4 = 1, ipv4_netmask = 2, ipv6 = 3, fqdn = 4 };

bool is_name(std::span<const std::uint8_t> bytes) {
  const auto printable = [](std::uint8_t byte) { return byte > ' ' && byte < 0x7f; };
  return !bytes.empty() && bytes.size() <= max_name_size && std::all_of(bytes.begin(), bytes.end(), printable);
}

std::optional<Address> read_name(Reader value) {
  const std::span<const std::uint8_t> bytes = value.bytes(value.left());
  if (!is_name(bytes)) return std::nullopt;
  return Fqdn{std::string(bytes.begin(), bytes.end())};
}

Ipv6 read_ipv6(Reader& value) {
  Ipv6 address;
  const std::span<const std::uint8_t> bytes = value.bytes(address.bytes.size());
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  return address;
}

std::optional<Value> read_address(Reader value) {
  const AddressKind kind{value.u8()};
  if (value.failed() || kind > AddressKind::fqdn) return std::nullopt;
  if (value.left() == 0) return Address{AnyAddress{}};
  Address address;
  switch (kind) {
    case AddressKind::reserved:
      return std::nullopt;
    case AddressKind::ipv4:
      address = Ipv4{value.u32()};
      break;
    case AddressKind::ipv4_netmask:
      address = Ipv4Netmask{Ipv4{value.u32()}};
      break;
    case AddressKind::ipv6:
      address = read_ipv6(value);
      break;
    case AddressKind::fqdn:
      return read_name(value);
  }
  if (!value.complete()) return std::nullopt;
  return address;
}

template <typename Id>
bool is_list(std::vector<Id> ids) {
  std::sort(ids.begin(), ids.end());
  return ids.size() >= 2 && ids.front() != Id{0} && std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

template <typename Id>
bool is_run(Id first, std::uint32_t count) {
  constexpr std::uint32_t highest = std::numeric_limits<std::underlying_type_t<Id>>::max();
  return first != Id{0} && count >= 1 && count - 1 <= highest - number(first);
}

/// What Ports and SPI have in common: how many, then none ('don't care'), one (contiguous from there on), or each one.
/// `Number` is the type of the count, `Any` the 'don't care', `Set` the variant of all forms.
template <typename Number, typename Any, typename Id, typename Set>
std::optional<Value> read_set(Number count, const std::vector<Id>& ids) {
  if (ids.empty()) return count == 0 ? std::nullopt : std::optional<Value>(Set{Any{count}});
  if (ids.size() != 1 && ids.size() != count) return std::nullopt;
  // RFC 3103 section 9.8.3: "a value of all 0's in the value fields" says 'don't care' as well.
  if (std::all_of(ids.begin(), ids.end(), [](Id id) { return id == Id{0}; })) {
    return Set{Any{std::max(count, Number{1})}};
  }
  if (ids.size() > 1) return is_list(ids) ? std::optional<Value>(Set{ids}) : std::nullopt;
  if (!is_run(ids.front(), count)) return std::nullopt;
  return Set{Run<Id>{ids.front(), count}};
}

std::optional<Value> read_ports(Reader value) {
  if (value.left() == 0) return Ports{NoPorts{}};
  const std::uint8_t count = value.u8();
  std::vector<Port> ports;
  ports.reserve(value.left() / 2);
  while (value.left() >= 2) ports.push_back(Port{value.u16()});
  if (!value.complete()) return std::nullopt;
  return read_set<std::uint8_t, AnyPorts, Port, Ports>(count, ports);
}

std::optional<Value> read_spis(Reader value) {
  const std::uint16_t count = value.u16();
  std::vector<Spi> spis;
  spis.reserve(value.left() / 4);
  while (value.left() >= 4) spis.push_back(Spi{value.u32()});
  if (!value.complete()) return std::nullopt;
  return read_set<std::uint16_t, AnySpis, Spi, Spis>(count, spis);
}

std::optional<Value> read_policy(Reader value) {
  const LocalPolicy local{value.u8()};
  const RemotePolicy remote{value.u8()};
  const bool defined = local >= LocalPolicy::macro && local <= LocalPolicy::micro && remote >= RemotePolicy::macro &&
                       remote <= RemotePolicy::none;
  if (!value.complete() || !defined) return std::nullopt;
  return FlowPolicy{local, remote};
}

/// RFC 3103 contradicts itself: section 8.10 prints two bytes, 9.14.1 and 9.15.1 "a 1-byte value field". Both are read.
std::optional<Value> read_indicator(Reader value) {
  const bool one_byte = value.left() == 1;
  const Indicator indicator = one_byte ? Indicator{value.u8()} : Indicator{value.u16()};
  if (!value.complete()) return std::nullopt;
  return indicator;
}

std::optional<Value> read_vendor(Reader value) {
  Vendor vendor;
  vendor.vendor = value.u16();
  vendor.subtype = value.u16();
  const std::span<const std::uint8_t> rest = value.bytes(value.left());
  if (value.failed()) return std::nullopt;
  vendor.value.assign(rest.begin(), rest.end());
  return vendor;
}

template <typename T>
std::optional<Value> read_32_bits(Reader value) {
  const T read{value.u32()};
  return value.complete() ? std::optional<Value>(read) : std::nullopt;
}

template <typename T>
std::optional<Value> read_16_bits(Reader value) {
  const T read{value.u16()};
  return value.complete() ? std::optional<Value>(read) : std::nullopt;
}

template <typename T>
std::optional<Value> read_8_bits(Reader value) {
  const T read{value.u8()};
  return value.complete() ? std::optional<Value>(read) : std::nullopt;
}

void write_kind(Writer& out, AddressKind kind) {
  out.u8(static_cast<std::uint8_t>(kind));
}

// Any type may stand before nothing; tshark, for one, then says "Any IPv4 Address".
void write_form(Writer& out, AnyAddress /*unused*/) {
  write_kind(out, AddressKind::ipv4);
}
void write_form(Writer& out, Ipv4 ipv4) {
  write_kind(out, AddressKind::ipv4);
  out.u32(ipv4.value);
}
void write_form(Writer& out, Ipv4Netmask netmask) {
  write_kind(out, AddressKind::ipv4_netmask);
  out.u32(netmask.mask.value);
}
void write_form(Writer& out, const Ipv6& ipv6) {
  write_kind(out, AddressKind::ipv6);
  out.bytes(ipv6.bytes);
}
void write_form(Writer& out, const Fqdn& fqdn) {
  const std::vector<std::uint8_t> name(fqdn.name.begin(), fqdn.name.end());
  assert(is_name(name));
  write_kind(out, AddressKind::fqdn);
  out.bytes(name);
}

void write_form(Writer& /*unused*/, NoPorts /*unused*/) {}
void write_form(Writer& out, AnyPorts any) {
  assert(any.count >= 1);
  out.u8(any.count);
}
void write_form(Writer& out, const Run<Port>& run) {
  assert(is_run(run.first, run.count) && run.count <= 0xff);
  out.u8(static_cast<std::uint8_t>(run.count));
  out.u16(number(run.first));
}
void write_form(Writer& out, const std::vector<Port>& list) {
  assert(is_list(list) && list.size() <= 0xff);
  out.u8(static_cast<std::uint8_t>(list.size()));
  for (const Port port : list) out.u16(number(port));
}

void write_form(Writer& out, AnySpis any) {
  assert(any.count >= 1);
  out.u16(any.count);
}
void write_form(Writer& out, const Run<Spi>& run) {
  assert(is_run(run.first, run.count) && run.count <= 0xffff);
  out.u16(static_cast<std::uint16_t>(run.count));
  out.u32(number(run.first));
}
void write_form(Writer& out, const std::vector<Spi>& list) {
  assert(is_list(list) && list.size() <= 0xffff);
  out.u16(static_cast<std::uint16_t>(list.size()));
  for (const Spi spi : list) out.u32(number(spi));
}

}  // namespace

ParameterType parameter_type(const Value& value) {
  return std::visit([](const auto& parameter) { return parameter_type(parameter); }, value);
}

std::optional<ParameterType> known_parameter(std::uint8_t type) {
  const ParameterType parameter{type};
  const bool known = (parameter >= ParameterType::address && parameter <= ParameterType::vendor_specific) ||
                     parameter == ParameterType::spi;
  return known ? std::optional(parameter) : std::nullopt;
}

std::optional<Value> read_value(ParameterType type, Reader value) {
  switch (type) {
    case ParameterType::address:
      return read_address(value);
    case ParameterType::ports:
      return read_ports(value);
    case ParameterType::lease_time:
      return read_32_bits<LeaseTime>(value);
    case ParameterType::client_id:
      return read_32_bits<ClientId>(value);
    case ParameterType::bind_id:
      return read_32_bits<BindId>(value);
    case ParameterType::tunnel_type:
      return read_8_bits<TunnelType>(value);
    case ParameterType::rsip_method:
      return read_8_bits<Method>(value);
    case ParameterType::error:
      return read_16_bits<ErrorCode>(value);
    case ParameterType::flow_policy:
      return read_policy(value);
    case ParameterType::indicator:
      return read_indicator(value);
    case ParameterType::message_counter:
      return read_32_bits<Counter>(value);
    case ParameterType::vendor_specific:
      return read_vendor(value);
    case ParameterType::spi:
      return read_spis(value);
  }
  return std::nullopt;
}

void write_value(Writer& out, const Address& address) {
  std::visit([&out](const auto& form) { write_form(out, form); }, address);
}
void write_value(Writer& out, const Ports& ports) {
  std::visit([&out](const auto& form) { write_form(out, form); }, ports);
}
void write_value(Writer& out, const Spis& spis) {
  std::visit([&out](const auto& form) { write_form(out, form); }, spis);
}
void write_value(Writer& out, LeaseTime lease) {
  out.u32(lease.count());
}
void write_value(Writer& out, ClientId client) {
  out.u32(number(client));
}
void write_value(Writer& out, BindId bind) {
  out.u32(number(bind));
}
void write_value(Writer& out, TunnelType tunnel) {
  out.u8(number(tunnel));
}
void write_value(Writer& out, Method method) {
  out.u8(number(method));
}
void write_value(Writer& out, ErrorCode error) {
  out.u16(number(error));
}
void write_value(Writer& out, FlowPolicy policy) {
  out.u8(number(policy.local));
  out.u8(number(policy.remote));
}
void write_value(Writer& out, Indicator indicator) {
  out.u16(number(indicator));
}
void write_value(Writer& out, Counter counter) {
  out.u32(number(counter));
}
void write_value(Writer& out, const Vendor& vendor) {
  out.u16(vendor.vendor);
  out.u16(vendor.subtype);
  out.bytes(vendor.value);
}

}  // namespace rsip::wire
