// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "wire/codec.hpp"
#include "wire/fields.hpp"
#include "wire/grammar.hpp"
#include "wire/query.hpp"
#include "wire/reader.hpp"
#include "wire/values.hpp"

namespace rsip::wire {

namespace {

/// The parameters of a message as far as they can be read, and what was wrong with the others.
struct Parameters {
  std::vector<Value> values;
  bool past_end = false;
  bool unknown = false;
  bool malformed = false;

  std::optional<ErrorCode> error() const {
    if (past_end) return ErrorCode::bad_message;
    if (unknown) return ErrorCode::illegal_param;
    if (malformed) return ErrorCode::bad_param;
    return std::nullopt;
  }

  template <typename T>
  std::optional<T> first() const {
    const auto found =
        std::find_if(values.begin(), values.end(), [](const Value& value) { return std::holds_alternative<T>(value); });
    return found == values.end() ? std::nullopt : std::optional(std::get<T>(*found));
  }
};

/// RFC 3103 section 8: one byte type, two bytes length, `length` bytes value.
Parameters read_parameters(Reader message) {
  Parameters parameters;
  while (message.left() > 0) {
    const std::uint8_t type = message.u8();
    const std::span<const std::uint8_t> bytes = message.bytes(message.u16());
    parameters.past_end = message.failed();
    if (parameters.past_end) break;
    const std::optional<ParameterType> known = known_parameter(type);
    std::optional<Value> value = known ? read_value(*known, Reader(bytes)) : std::nullopt;
    parameters.unknown = parameters.unknown || !known;
    parameters.malformed = parameters.malformed || (known && !value);
    if (value) parameters.values.push_back(*std::move(value));
  }
  return parameters;
}

/// A message of that type with nothing in it yet; nothing where no RFC defines the type.
std::optional<Message> blank(MessageType type) {
  switch (type) {
    case MessageType::error_response:
      return ErrorResponse{};
    case MessageType::register_request:
      return RegisterRequest{};
    case MessageType::register_response:
      return RegisterResponse{};
    case MessageType::deregister_request:
      return DeregisterRequest{};
    case MessageType::deregister_response:
      return DeregisterResponse{};
    case MessageType::assign_request_rsa_ip:
      return AssignRequestRsaIp{};
    case MessageType::assign_response_rsa_ip:
      return AssignResponseRsaIp{};
    case MessageType::assign_request_rsap_ip:
      return AssignRequestRsapIp{};
    case MessageType::assign_response_rsap_ip:
      return AssignResponseRsapIp{};
    case MessageType::extend_request:
      return ExtendRequest{};
    case MessageType::extend_response:
      return ExtendResponse{};
    case MessageType::free_request:
      return FreeRequest{};
    case MessageType::free_response:
      return FreeResponse{};
    case MessageType::query_request:
      return QueryRequest{};
    case MessageType::query_response:
      return QueryResponse{};
    case MessageType::listen_request:
      return ListenRequest{};
    case MessageType::listen_response:
      return ListenResponse{};
    case MessageType::assign_request_rsipsec:
      return AssignRequestRsipsec{};
    case MessageType::assign_response_rsipsec:
      return AssignResponseRsipsec{};
  }
  return std::nullopt;
}

/// RFC 3103 section 9.8.3: a host may say 'don't care' with "a value of all 0's in the value fields" of an address.
void zeros_to_any(Address& address) {
  if (address == Address{Ipv4{}} || address == Address{Ipv6{}}) address = AnyAddress{};
}

/// The archive that moves parameters, found right by Grammar, to their places in a message.
class Decoder {
 public:
  explicit Decoder(std::vector<Value>& values) : next_(values.begin()), end_(values.end()) {}

  void ports_may_be_absent() {}

  template <typename... T>
  void required(T&... fields) {
    (take(fields), ...);
  }

  template <typename... T>
  void optional(std::optional<T>&... fields) {
    (take_optional(fields), ...);
  }

  template <typename... T>
  void repeated(std::vector<T>&... fields) {
    (take_all(fields), ...);
  }

  void tuples(std::uint16_t /*indicators*/, std::vector<QueryTuple>& tuples) {
    for (auto at = next_; at != end_; ++at) {
      const auto* indicator = std::get_if<Indicator>(&*at);
      if (indicator == nullptr) continue;
      QueryTuple tuple;
      tuple.remote = is_remote(*indicator);
      tuple.address = std::get<Address>(std::move(*std::next(at)));
      if (is_network(*indicator)) tuple.netmask = std::get<Address>(std::move(*std::next(at, 2)));
      bad_tuple_ = bad_tuple_ || !is_well_formed(tuple);
      tuples.push_back(std::move(tuple));
    }
  }

  bool bad_tuple() const { return bad_tuple_; }

 private:
  template <typename T>
  void take(T& field) {
    field = std::get<T>(std::move(*next_));
    if constexpr (std::is_same_v<T, Address>) zeros_to_any(field);
    ++next_;
  }

  template <typename T>
  void take_optional(std::optional<T>& field) {
    const auto found = std::find_if(next_, end_, [](const Value& value) { return std::holds_alternative<T>(value); });
    if (found != end_) field = std::get<T>(std::move(*found));
  }

  template <typename T>
  void take_all(std::vector<T>& fields) {
    for (auto at = next_; at != end_; ++at) {
      if (T* value = std::get_if<T>(&*at)) fields.push_back(std::move(*value));
    }
  }

  std::vector<Value>::iterator next_;
  std::vector<Value>::iterator end_;
  bool bad_tuple_ = false;
};

tl::expected<Message, ErrorCode> read_message(std::span<const std::uint8_t> bytes, Parameters& parameters) {
  Reader header(bytes);
  const std::uint8_t version = header.u8();
  const MessageType type{header.u8()};
  const std::uint16_t length = header.u16();
  if (header.failed()) return tl::unexpected(ErrorCode::bad_message);
  if (version != rsip_version) return tl::unexpected(ErrorCode::unsupported_rsip_version);
  if (length != bytes.size()) return tl::unexpected(ErrorCode::bad_message);
  std::optional<Message> message = blank(type);
  if (!message) return tl::unexpected(ErrorCode::illegal_message);

  if (const std::optional<ErrorCode> error = parameters.error()) return tl::unexpected(*error);
  Grammar grammar;
  std::visit([&grammar](const auto& each) { all_fields(grammar, each); }, *message);
  if (const std::optional<ErrorCode> error = grammar.check(parameters.values)) return tl::unexpected(*error);
  Decoder decoder(parameters.values);
  std::visit([&decoder](auto& each) { all_fields(decoder, each); }, *message);
  if (decoder.bad_tuple()) return tl::unexpected(ErrorCode::bad_param);
  return *std::move(message);
}

}  // namespace

tl::expected<Message, DecodeError> decode(std::span<const std::uint8_t> bytes) {
  Parameters parameters = read_parameters(Reader(bytes.subspan(std::min(header_size, bytes.size()))));
  const std::optional<Counter> counter = parameters.first<Counter>();
  const std::optional<ClientId> client = parameters.first<ClientId>();
  return read_message(bytes, parameters).map_error([&](ErrorCode code) { return DecodeError{code, counter, client}; });
}

std::optional<std::size_t> framed_size(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < header_size) return std::nullopt;
  Reader header(bytes);
  header.bytes(2);  // version and type
  return header.u16();
}

}  // namespace rsip::wire
