// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/trace.hpp"

#include <linux/if.h>

#include <charconv>

#include "steer/key_reader.hpp"

namespace rsip::steer {
namespace {

/// "client 7 bind 3 10.0.0.11", "client 7 bind 3 peer 203.0.113.1 10.0.0.11": word by word.
class Comment {
 public:
  explicit Comment(std::string_view text) : rest_(text) {}

  std::optional<Owner> owner() {
    if (word() != "client") return std::nullopt;
    const std::optional<std::uint32_t> client = number();
    if (word() != "bind") return std::nullopt;
    const std::optional<std::uint32_t> bind = number();
    std::string_view next = word();
    if (next == "peer") {
      peer_ = parse_ipv4(word());
      next = word();
    }
    const std::optional<Ipv4> host = parse_ipv4(next);
    if (!client || !bind || !host || !rest_.empty()) return std::nullopt;
    return Owner{static_cast<ClientId>(*client), static_cast<BindId>(*bind), *host};
  }

  /// After owner().
  std::optional<Ipv4> peer() const { return peer_; }

 private:
  std::string_view word() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(word.size() + 1, rest_.size()));
    return word;
  }
  std::optional<std::uint32_t> number() {
    const std::string_view digits = word();
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  }

  std::string_view rest_;
  std::optional<Ipv4> peer_;
};

}  // namespace

std::optional<Trace> trace_of(const Element& element, std::uint8_t prefix_bits) {
  const std::string_view set = element.set;
  if (element.family != Family::ip) return std::nullopt;
  Comment comment(element.comment);
  const std::optional<Owner> owner = comment.owner();
  if (!owner) return std::nullopt;

  Trace trace{*owner, {}, {}, {}, {}};
  KeyReader key(element.key);
  const bool permission = set.find("_out") != std::string_view::npos;
  if (permission) {
    trace.tunnel.name = key.text(IFNAMSIZ);
  } else {
    trace.tunnel.index = element.device.value_or(0);
  }
  trace.address = key.address();
  if (set.starts_with("address_out")) {
    trace.what = Trace::Address{};
  } else if (set.starts_with("port_out")) {
    trace.what = static_cast<Port>(key.port());
  } else if (set.starts_with("spi_in")) {
    trace.what = static_cast<Spi>(key.number(4));
  } else if (set.starts_with("cookie_out") && comment.peer()) {
    trace.what = Trace::Exchange{static_cast<Cookie>(key.number(8)), *comment.peer()};
  } else if (set.starts_with("prefix_out")) {
    const CookiePrefix prefix{static_cast<std::uint32_t>(key.number(4)), prefix_bits};
    if (!prefix.is_valid()) return std::nullopt;
    trace.what = prefix;
  } else if (set == "peer_out") {
    trace.what = Trace::Peer{key.address()};
  } else if (set == "listener_in" || set == "any_listener_in") {
    trace.what = Trace::Listener{};
  } else {
    return std::nullopt;
  }
  if (!key.at_end()) {
    const bool in_halves = set.starts_with("spi_in");
    trace.remote = Remote{in_halves ? key.address_in_halves() : key.address(), std::nullopt};
  }
  if (!key.at_end()) trace.remote->port = static_cast<Port>(key.port());
  if (!key.is_whole() || !key.at_end()) return std::nullopt;
  return trace;
}

}  // namespace rsip::steer
