// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/key.hpp"

#include <sodium.h>

#include <utility>

namespace rsip::auth {

namespace {

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes(text.size() / 2);
  std::size_t size = 0;
  const char* end = nullptr;
  const int status = sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, &end);
  if (status != 0 || end != text.data() + text.size()) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
  std::vector<std::uint8_t> bytes(text.size());
  std::size_t size = 0;
  const char* end = nullptr;
  const int status = sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, &end,
                                       sodium_base64_VARIANT_ORIGINAL);
  if (status != 0 || end != text.data() + text.size()) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::optional<std::vector<std::uint8_t>> read_bytes(std::string_view text) {
  if (text.starts_with("0x")) return from_hex(text.substr(2));
  if (text.starts_with("0s")) return from_base64(text.substr(2));
  return std::vector<std::uint8_t>(text.begin(), text.end());
}

}  // namespace

std::optional<Key> parse_key(std::string_view text) {
  if (text.size() < Key::least_size) return std::nullopt;  // no way of writing is shorter than the key
  std::optional<std::vector<std::uint8_t>> bytes = read_bytes(text);
  if (!bytes || bytes->size() < Key::least_size) return std::nullopt;
  return Key{*std::move(bytes)};
}

bool KeyTable::add(const Prefix& hosts, Key key) {
  lengths_.set(hosts.length);
  return keys_.emplace(hosts, std::move(key)).second;
}

const Key* KeyTable::find(Ipv4 host) const {
  for (int length = 32; length >= 0; --length) {
    if (!lengths_.test(static_cast<std::size_t>(length))) continue;
    const Ipv4 netmask = Prefix{{}, static_cast<std::uint8_t>(length)}.netmask();
    const auto found = keys_.find(Prefix{{host.value & netmask.value}, static_cast<std::uint8_t>(length)});
    if (found != keys_.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace rsip::auth
