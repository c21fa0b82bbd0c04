// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "wire/message.hpp"
#include "wire/values.hpp"

namespace rsip::wire {

/// The archive that gathers what a message may consist of, and compares that with what came.
class Grammar {
 public:
  void ports_may_be_absent() { no_ports_ = true; }

  template <typename... T>
  void required(const T&... values) {
    (require(parameter_type(values)), ...);
  }

  template <typename... T>
  void optional(const std::optional<T>&... /*unused*/) {
    ((bounds_of(parameter_type(T{})).most += 1), ...);
  }

  template <typename... T>
  void repeated(const std::vector<T>&... /*unused*/) {
    ((bounds_of(parameter_type(T{})).most = unlimited), ...);
  }

  void tuples(std::uint16_t indicators, const std::vector<QueryTuple>& /*unused*/) {
    indicators_ = indicators;
    bounds_of(ParameterType::indicator).most = unlimited;
    bounds_of(ParameterType::address).most = unlimited;
  }

  /// The first thing that is wrong with these parameters, in the order that codec.hpp lists.
  std::optional<ErrorCode> check(const std::vector<Value>& values) const;

 private:
  struct Bounds {
    std::size_t least = 0;
    std::size_t most = 0;
  };
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t types = static_cast<std::size_t>(ParameterType::spi) + 1;

  void require(ParameterType type) {
    order_.push_back(type);
    ++bounds_of(type).least;
    ++bounds_of(type).most;
  }
  Bounds& bounds_of(ParameterType type) { return bounds_.at(static_cast<std::size_t>(type)); }

  bool allows(const Value& value) const;
  std::optional<ErrorCode> check_counts(const std::vector<Value>& values) const;
  std::optional<ErrorCode> check_order(const std::vector<Value>& values) const;

  std::vector<ParameterType> order_;  ///< of the required ones
  std::array<Bounds, types> bounds_{};
  bool no_ports_ = false;
  std::uint16_t indicators_ = 0;  ///< the highest one; 0: no tuples
};

}  // namespace rsip::wire
