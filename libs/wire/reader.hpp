// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rsip::wire {

/// The only way to a message's bytes: reads big-endian numbers from the front, never past the end. A read that does not
/// fit gives 0 (or no bytes) and marks the reader as failed for good, so callers read first and ask once at the end.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t u32() { return big_endian(4); }

  std::span<const std::uint8_t> bytes(std::size_t count) {
    if (failed_ || count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::span<const std::uint8_t> taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::size_t left() const { return rest_.size(); }
  bool failed() const { return failed_; }
  /// Everything was read, and nothing beyond it.
  bool complete() const { return !failed_ && rest_.empty(); }

 private:
  std::uint32_t big_endian(std::size_t size) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes(size)) value = value << 8 | byte;
    return value;
  }

  std::span<const std::uint8_t> rest_;
  bool failed_ = false;
};

}  // namespace rsip::wire
