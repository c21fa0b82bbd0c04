// SPDX-License-Identifier: GPL-2.0-or-later
// Internal to libs/steer: the keys that element.cpp makes, read back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

#include "types/ipv4.hpp"

namespace rsip::steer {

/// Takes a key apart, from its first part on. What another program has put there may be too short: then parts read as
/// zeros, and the key is not whole.
class KeyReader {
 public:
  explicit KeyReader(const std::vector<std::uint8_t>& key) : next_(key.data()), end_(key.data() + key.size()) {}

  bool at_end() const { return next_ == end_; }
  bool is_whole() const { return whole_; }

  std::string text(std::size_t size) {
    const std::uint8_t* part = take(size);
    return part == nullptr ? std::string() : std::string(part, std::find(part, part + size, 0));
  }
  std::uint64_t number(std::size_t size) {
    const std::uint8_t* part = take(size);
    std::uint64_t value = 0;
    for (std::size_t i = 0; part != nullptr && i < size; ++i) value = value << 8 | part[i];
    return value;
  }
  Ipv4 address() { return Ipv4{static_cast<std::uint32_t>(number(4))}; }
  Ipv4 address_in_halves() {
    const std::uint64_t high = number(2);
    return Ipv4{static_cast<std::uint32_t>(high << 16 | number(2))};
  }
  std::uint64_t port() { return number(2); }
  std::string hex(std::size_t size) {
    std::ostringstream value;
    value << "0x" << std::hex << std::setfill('0') << std::setw(static_cast<int>(2 * size)) << number(size);
    return value.str();
  }

 private:
  /// Parts are padded to the kernel's registers of 4 bytes. Null where there is no such part.
  const std::uint8_t* take(std::size_t size) {
    const std::size_t padded = (size + 3) / 4 * 4;
    if (static_cast<std::size_t>(end_ - next_) < padded) {
      whole_ = false;
      next_ = end_;
      return nullptr;
    }
    const std::uint8_t* part = next_;
    next_ += padded;
    return part;
  }

  const std::uint8_t* next_;
  const std::uint8_t* end_;
  bool whole_ = true;
};

}  // namespace rsip::steer
