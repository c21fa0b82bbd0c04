// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "types/ipv4.hpp"

namespace rsip::auth {

/// A secret that a host and its gateway share.
struct Key {
  static constexpr std::size_t least_size = 16;  ///< bytes
  std::vector<std::uint8_t> bytes;
  friend bool operator==(const Key&, const Key&) = default;
};

/// "0x" and hexadecimal digits, "0s" and Base64, or any other text for its own bytes; swanctl.conf(5) writes secrets
/// like this. Nothing where it is malformed or shorter than Key::least_size.
std::optional<Key> parse_key(std::string_view text);

/// Which hosts have a key.
class KeyTable {
 public:
  /// False where the prefix has a key already.
  bool add(const Prefix& hosts, Key key);

  /// The key of the longest prefix that contains the host; null where none does.
  const Key* find(Ipv4 host) const;

  bool empty() const { return keys_.empty(); }

 private:
  std::map<Prefix, Key> keys_;
  std::bitset<33> lengths_;  ///< those that occur in keys_
};

}  // namespace rsip::auth
