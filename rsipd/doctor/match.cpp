// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/match.hpp"

#include <algorithm>
#include <string_view>

namespace rsip::doctor {

using nlohmann::json;

namespace {

Truth truth(bool value) {
  return value ? Truth::yes : Truth::no;
}

Truth negated(Truth value) {
  if (value == Truth::unknown) return value;
  return truth(value == Truth::no);
}

std::string_view text(const json& value) {
  return value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : std::string_view();
}

/// What a packet has where a rule looks. Nothing known: the alternative is empty.
struct Value {
  enum class Kind {
    unknown,  ///< the packet may have any
    none,     ///< the packet has no such field
    word,     ///< `word`
    number,   ///< `number`
    address,  ///< in `prefix`
  };
  Kind kind = Kind::unknown;
  std::string word{};
  std::uint32_t number = 0;
  Prefix prefix{};
};

std::string_view nft_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::icmp:
      return "icmp";
    case Protocol::ip_ip:
      return "ipencap";
    case Protocol::tcp:
      return "tcp";
    case Protocol::udp:
      return "udp";
    case Protocol::gre:
      return "gre";
    case Protocol::esp:
      return "esp";
    case Protocol::ah:
      return "ah";
  }
  return "";
}

Value device_of(const std::string& name) {
  return name.empty() ? Value{Value::Kind::none} : Value{Value::Kind::word, name};
}

Value address_of(const std::optional<Prefix>& prefix) {
  return prefix ? Value{Value::Kind::address, {}, 0, *prefix} : Value{};
}

Value port_of(const std::optional<std::uint16_t>& port) {
  return port ? Value{Value::Kind::number, {}, *port} : Value{};
}

Value protocol_of(const Packet& packet) {
  return {Value::Kind::number, std::string(nft_name(packet.protocol)), static_cast<std::uint32_t>(packet.protocol)};
}

/// "ipsec", of `meta` for what came in and of `rt` for where it goes: what is from hosts or for them has nothing to do
/// with this machine's own IPsec.
Value not_ipsec() {
  return {Value::Kind::number, {}, 0};
}

Value meta_of(const Packet& packet, std::string_view key) {
  if (key == "iifname" || key == "iif") return device_of(packet.in);
  if (key == "oifname" || key == "oif") return device_of(packet.out);
  if (key == "l4proto") return protocol_of(packet);
  if (key == "nfproto") return {Value::Kind::word, "ipv4"};
  if (key == "protocol") return {Value::Kind::word, "ip"};
  if (key == "ipsec") return not_ipsec();
  return {};
}

Value payload_of(const Packet& packet, std::string_view protocol, std::string_view field) {
  if (protocol == "ip6" || protocol == "icmpv6" || protocol == "arp") return {Value::Kind::none};
  if (protocol == "ip") {
    if (field == "protocol") return protocol_of(packet);
    if (field == "saddr") return address_of(packet.source);
    if (field == "daddr") return address_of(packet.destination);
    return {};
  }
  const bool has_ports = packet.protocol == Protocol::tcp || packet.protocol == Protocol::udp;
  if (protocol == "th" ? !has_ports : protocol != nft_name(packet.protocol)) return {Value::Kind::none};
  if (field == "sport") return port_of(packet.source_port);
  if (field == "dport") return port_of(packet.destination_port);
  return {};
}

Value value_of(const Packet& packet, const json& left) {
  if (!left.is_object()) return {};
  if (left.contains("meta")) return meta_of(packet, text(left["meta"].value("key", json())));
  if (left.contains("rt")) return text(left["rt"].value("key", json())) == "ipsec" ? not_ipsec() : Value{};
  if (left.contains("ct")) {
    if (text(left["ct"].value("key", json())) == "state") return {Value::Kind::word, packet.state};
    return packet.state == "untracked" ? Value{Value::Kind::none} : Value{};
  }
  if (left.contains("payload")) {
    const json& payload = left["payload"];
    return payload_of(packet, text(payload.value("protocol", json())), text(payload.value("field", json())));
  }
  return {};
}

/// "rsip*" stands for all that begins so. A packet through any of our tunnels has "rsip*" itself as its device.
Truth same_word(const std::string& word, std::string_view wanted) {
  if (wanted.ends_with('*')) return truth(word.starts_with(wanted.substr(0, wanted.size() - 1)));
  if (word.ends_with('*') && wanted.starts_with(std::string_view(word).substr(0, word.size() - 1))) {
    return Truth::unknown;
  }
  return truth(word == wanted);
}

Truth in_prefix(const Prefix& known, const Prefix& wanted) {
  if (wanted.contains(known)) return Truth::yes;
  return known.contains(wanted) ? Truth::unknown : Truth::no;
}

Truth in_range(const Value& value, const json& range) {
  if (!range.is_array() || range.size() != 2) return Truth::unknown;
  if (value.kind == Value::Kind::number && range[0].is_number_unsigned() && range[1].is_number_unsigned()) {
    return truth(value.number >= range[0].get<std::uint32_t>() && value.number <= range[1].get<std::uint32_t>());
  }
  const std::optional<Ipv4> low = parse_ipv4(text(range[0]));
  const std::optional<Ipv4> high = parse_ipv4(text(range[1]));
  if (value.kind != Value::Kind::address || !low || !high) return Truth::unknown;
  const Ipv4 first = value.prefix.network;
  const Ipv4 last{first.value | ~value.prefix.netmask().value};
  if (first >= *low && last <= *high) return Truth::yes;
  return last < *low || first > *high ? Truth::no : Truth::unknown;
}

Truth equals(const Value& value, const json& wanted);

Truth in_any(const Value& value, const json& list) {
  Truth found = Truth::no;
  for (const json& each : list) found = std::max(found, equals(value, each));
  return found;
}

Truth equals(const Value& value, const json& wanted) {
  if (value.kind == Value::Kind::none) return Truth::no;
  if (wanted.is_array()) return in_any(value, wanted);
  if (wanted.is_object()) {
    if (wanted.contains("set") && wanted["set"].is_array()) return in_any(value, wanted["set"]);
    if (wanted.contains("range")) return in_range(value, wanted["range"]);
    if (wanted.contains("elem")) return equals(value, wanted["elem"].value("val", json()));
    if (wanted.contains("prefix") && value.kind == Value::Kind::address) {
      const json& prefix = wanted["prefix"];
      const std::optional<Ipv4> network = parse_ipv4(text(prefix.value("addr", json())));
      if (network) return in_prefix(value.prefix, {*network, prefix.value("len", std::uint8_t{32})});
    }
    return Truth::unknown;
  }
  if (text(wanted).starts_with('@')) return Truth::unknown;  // a named set: what is in it may change
  switch (value.kind) {
    case Value::Kind::word:
      return wanted.is_string() ? same_word(value.word, text(wanted)) : Truth::unknown;
    case Value::Kind::number:
      if (wanted.is_boolean()) return truth(wanted.get<bool>() == (value.number != 0));
      if (wanted.is_number_unsigned()) return truth(wanted.get<std::uint32_t>() == value.number);
      return value.word.empty() ? Truth::unknown : truth(value.word == text(wanted));
    case Value::Kind::address: {
      const std::optional<Ipv4> address = parse_ipv4(text(wanted));
      return address ? in_prefix(value.prefix, {*address, 32}) : Truth::unknown;
    }
    default:
      return Truth::unknown;
  }
}

}  // namespace

Truth is_in(const Packet& packet, const json& left, const json& right) {
  return equals(value_of(packet, left), right);
}

Truth matches(const Packet& packet, const json& match) {
  const std::string op = match.value("op", "");
  const json left = match.value("left", json());
  const json right = match.value("right", json());
  // A packet without the field does not match, whatever the comparison.
  if (value_of(packet, left).kind == Value::Kind::none) return Truth::no;
  if (op == "==" || op == "in") return is_in(packet, left, right);
  if (op == "!=") return negated(is_in(packet, left, right));
  return Truth::unknown;
}

}  // namespace rsip::doctor
