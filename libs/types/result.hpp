// SPDX-License-Identifier: GPL-2.0-or-later
// How our libraries report what the system refused: no exception crosses a library's boundary.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace rsip {

/// A failed system or netlink call: its errno, the object it was about, and what to do about it.
struct Error {
  int code = 0;        ///< errno value; 0 where the failure is not the system's
  std::string what;    ///< "add device rsip3", "bind 10.0.0.1:4555"
  std::string remedy;  ///< "modprobe ipip"; empty where there is none to offer

  /// One line: "add device rsip3: Operation not supported; modprobe ipip".
  std::string text() const {
    std::string line = what;
    if (code != 0) line += std::string(": ") + std::strerror(code);
    if (!remedy.empty()) line += "; " + remedy;
    return line;
  }
};

template <typename T>
using Result = tl::expected<T, Error>;

/// `return failure(errno, "bind 10.0.0.1:4555", "stop the other daemon");`
inline tl::unexpected<Error> failure(int code, std::string what, std::string remedy = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(remedy)});
}

}  // namespace rsip
