// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/element.hpp"

#include <net/if.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <type_traits>

namespace rsip::steer {
namespace {

using std::chrono::milliseconds;

/// A key under construction. The kernel keeps each part of a concatenation in registers of 4 bytes.
class Key {
 public:
  Key& device_name(const std::string& name) {
    std::vector<std::uint8_t> part(name.begin(), name.end());
    part.resize(IFNAMSIZ);
    return append(part);
  }
  Key& address(Ipv4 value) { return integer(value.value); }

  /// Network byte order, zeros behind.
  template <typename Integer>
  Key& integer(Integer value) {
    static_assert(std::is_unsigned_v<Integer>);
    std::vector<std::uint8_t> part;
    for (std::size_t byte = sizeof(Integer); byte-- > 0;) {
      part.push_back(static_cast<std::uint8_t>(value >> (8 * byte)));
    }
    return append(part);
  }

  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  Key& append(const std::vector<std::uint8_t>& part) {
    bytes_.insert(bytes_.end(), part.begin(), part.end());
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
    return *this;
  }

  std::vector<std::uint8_t> bytes_;
};

std::string comment_of(const Owner& owner) {
  return "client " + std::to_string(number(owner.client)) + " bind " + std::to_string(number(owner.bind)) + " " +
         to_string(owner.host);
}

/// Public address . number : tunnel
template <typename Integer>
Element steering(Family family, const char* map, const Device& tunnel, Ipv4 address, Integer value,
                 const std::string& comment, milliseconds timeout) {
  return {family, map, Key().address(address).integer(value).take(), tunnel.index, timeout, comment};
}

/// Tunnel . public address . number
template <typename Integer>
Element permission(const char* set, const Device& tunnel, Ipv4 address, Integer value, const std::string& comment,
                   milliseconds timeout) {
  return {Family::ip,   set,     Key().device_name(tunnel.name).address(address).integer(value).take(),
          std::nullopt, timeout, comment};
}

std::uint64_t read_number(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

Elements port_elements(const Device& tunnel, Ipv4 address, Port port, const Owner& owner, milliseconds timeout) {
  const std::string comment = comment_of(owner);
  return {steering(Family::netdev, "port_in", tunnel, address, number(port), comment, timeout),
          steering(Family::ip, "port_in", tunnel, address, number(port), comment, timeout),
          permission("port_out", tunnel, address, number(port), comment, timeout)};
}

Elements spi_elements(const Device& tunnel, Ipv4 address, Spi spi, const Owner& owner, milliseconds timeout) {
  const std::string comment = comment_of(owner);
  return {steering(Family::netdev, "spi_in", tunnel, address, number(spi), comment, timeout),
          steering(Family::ip, "spi_in", tunnel, address, number(spi), comment, timeout)};
}

Elements ipsec_elements(const Device& tunnel, Ipv4 address, const Owner& owner, milliseconds timeout) {
  return {{Family::ip, "ipsec_out", Key().device_name(tunnel.name).address(address).take(), std::nullopt, timeout,
           "client " + std::to_string(number(owner.client)) + " " + to_string(owner.host)}};
}

Elements cookie_elements(const Device& tunnel, Ipv4 address, Cookie cookie, const Owner& owner, milliseconds timeout) {
  const std::string comment = comment_of(owner);
  return {steering(Family::netdev, "cookie_in", tunnel, address, number(cookie), comment, timeout),
          steering(Family::ip, "cookie_in", tunnel, address, number(cookie), comment, timeout),
          permission("cookie_out", tunnel, address, number(cookie), comment, timeout)};
}

std::string to_string(const Element& element) {
  const std::string_view set = element.set;
  std::string text = std::string(element.family == Family::netdev ? "netdev " : "ip ") + element.set;
  const std::uint8_t* next = element.key.data();
  std::size_t left = element.key.size();
  if (set.ends_with("_out") && left >= IFNAMSIZ) {
    text += " " + std::string(next, std::find(next, next + IFNAMSIZ, 0)) + " .";
    next += IFNAMSIZ;
    left -= IFNAMSIZ;
  }
  if (left >= 4) {
    text += " " + to_string(Ipv4{static_cast<std::uint32_t>(read_number(next, 4))});
    next += 4;
    left -= 4;
  }
  if (left == 0) return text;
  if (set.starts_with("port")) return text + " . " + std::to_string(read_number(next, 2));
  char hex[24];
  static_cast<void>(std::snprintf(hex, sizeof(hex), " . 0x%0*llx", static_cast<int>(2 * left),
                                  static_cast<unsigned long long>(read_number(next, std::min<std::size_t>(left, 8)))));
  return text + hex;
}

}  // namespace rsip::steer
