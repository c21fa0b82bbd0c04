// SPDX-License-Identifier: GPL-2.0-or-later
#include <cassert>
#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

#include "wire/codec.hpp"
#include "wire/fields.hpp"
#include "wire/query.hpp"
#include "wire/values.hpp"
#include "wire/writer.hpp"

namespace rsip::wire {

namespace {

/// The archive that appends parameters to a message.
class Encoder {
 public:
  explicit Encoder(Writer& out) : out_(out) {}

  void ports_may_be_absent() { no_ports_ = true; }

  template <typename... T>
  void required(const T&... values) {
    (parameter(values), ...);
  }

  template <typename... T>
  void optional(const std::optional<T>&... values) {
    const auto write = [this](const auto& value) {
      if (value) this->parameter(*value);
    };
    (write(values), ...);
  }

  template <typename... T>
  void repeated(const std::vector<T>&... lists) {
    const auto write = [this](const auto& list) {
      for (const auto& value : list) this->parameter(value);
    };
    (write(lists), ...);
  }

  void tuples([[maybe_unused]] std::uint16_t indicators, const std::vector<QueryTuple>& tuples) {
    for (const QueryTuple& tuple : tuples) {
      assert(is_well_formed(tuple) && number(indicator_of(tuple)) <= indicators);
      parameter(indicator_of(tuple));
      parameter(tuple.address);
      if (tuple.netmask) parameter(*tuple.netmask);
    }
  }

 private:
  template <typename T>
  void parameter(const T& value) {
    if constexpr (std::is_same_v<T, Ports>) assert(no_ports_ || !std::holds_alternative<NoPorts>(value));
    out_.u8(static_cast<std::uint8_t>(parameter_type(value)));
    const std::size_t length_at = out_.size();
    out_.u16(0);
    const std::size_t value_at = out_.size();
    write_value(out_, value);
    out_.patch(length_at, static_cast<std::uint16_t>(out_.size() - value_at));
  }

  Writer& out_;
  bool no_ports_ = false;
};

}  // namespace

std::vector<std::uint8_t> encode(const Message& message) {
  Writer out;
  out.u8(rsip_version);
  out.u8(static_cast<std::uint8_t>(type_of(message)));
  const std::size_t length_at = out.size();
  out.u16(0);
  Encoder encoder(out);
  std::visit([&encoder](const auto& each) { all_fields(encoder, each); }, message);
  assert(out.size() <= max_message_size);
  out.patch(length_at, static_cast<std::uint16_t>(out.size()));
  return out.take();
}

}  // namespace rsip::wire
