// SPDX-License-Identifier: GPL-2.0-or-later
// Internal to the model: how it says that the gateway does something else.
#pragma once

#include <optional>
#include <string>

#include "hex.hpp"
#include "model.hpp"
#include "wire/codec.hpp"

namespace rsip::test::says {

inline void require(bool holds, const std::string& otherwise) {
  if (!holds) throw Difference(otherwise);
}

inline void expect(const std::optional<wire::Message>& answer, const wire::Message& expected) {
  require(answer.has_value(), "no answer; the model has " + name(expected));
  if (*answer == expected) return;
  throw Difference(name(*answer) + " " + to_hex(wire::encode(*answer)) + "; the model has " + name(expected) + " " +
                   to_hex(wire::encode(expected)));
}

template <typename Response>
const Response& expect_a(const std::optional<wire::Message>& answer) {
  require(answer.has_value(), "no answer; the model has " + name(Response{}));
  const auto* response = std::get_if<Response>(&*answer);
  require(response != nullptr, name(*answer) + "; the model has " + name(Response{}));
  return *response;
}

}  // namespace rsip::test::says
