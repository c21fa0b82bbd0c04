// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire/grammar.hpp"

#include <algorithm>
#include <variant>

#include "wire/query.hpp"

namespace rsip::wire {

std::optional<ErrorCode> Grammar::check(const std::vector<Value>& values) const {
  if (!std::all_of(values.begin(), values.end(), [this](const Value& value) { return allows(value); })) {
    return ErrorCode::bad_param;
  }
  if (const std::optional<ErrorCode> error = check_counts(values)) return error;
  return check_order(values);
}

/// What depends on the message in a single value.
bool Grammar::allows(const Value& value) const {
  if (const auto* ports = std::get_if<Ports>(&value)) return no_ports_ || !std::holds_alternative<NoPorts>(*ports);
  const auto* indicator = std::get_if<Indicator>(&value);
  // RFC 3103 section 8.10 leaves its values to the message, so in one without them there is nothing to compare with.
  if (indicator == nullptr || indicators_ == 0) return true;
  return number(*indicator) >= 1 && number(*indicator) <= indicators_;
}

std::optional<ErrorCode> Grammar::check_counts(const std::vector<Value>& values) const {
  std::array<std::size_t, types> counts{};
  std::size_t wanted_addresses = 0;
  for (const Value& value : values) {
    ++counts.at(static_cast<std::size_t>(parameter_type(value)));
    if (const auto* indicator = std::get_if<Indicator>(&value)) wanted_addresses += addresses_of(*indicator);
  }
  const std::size_t addresses = counts.at(static_cast<std::size_t>(ParameterType::address));
  const bool has_tuples = indicators_ != 0;
  bool extra = has_tuples && addresses > wanted_addresses;
  bool duplicate = false;
  bool missing = has_tuples && addresses < wanted_addresses;
  for (std::size_t type = 0; type < types; ++type) {
    const Bounds& bounds = bounds_.at(type);
    extra = extra || (counts.at(type) > 0 && bounds.most == 0);
    duplicate = duplicate || counts.at(type) > bounds.most;
    missing = missing || counts.at(type) < bounds.least;
  }
  if (extra) return ErrorCode::extra_param;
  if (duplicate) return ErrorCode::duplicate_param;
  if (missing) return ErrorCode::missing_param;
  return std::nullopt;
}

/// RFC 3103 section 9: "all required parameters MUST appear in the exact order specified below. Optional parameters MAY
/// appear in any order", after them. Counts are right already.
std::optional<ErrorCode> Grammar::check_order(const std::vector<Value>& values) const {
  const bool required_first =
      std::equal(order_.begin(), order_.end(), values.begin(),
                 [](ParameterType type, const Value& value) { return type == parameter_type(value); });
  if (!required_first) return ErrorCode::bad_message;
  if (indicators_ == 0) return std::nullopt;
  std::size_t expected = 0;  // addresses of the tuple at hand that are still to come
  for (const Value& value : values) {
    if (std::holds_alternative<Address>(value) != (expected > 0)) return ErrorCode::bad_message;
    if (expected > 0) --expected;
    if (const auto* indicator = std::get_if<Indicator>(&value)) expected = addresses_of(*indicator);
  }
  return std::nullopt;
}

}  // namespace rsip::wire
