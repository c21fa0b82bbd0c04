// SPDX-License-Identifier: GPL-2.0-or-later
// What a host asks a gateway for: one binding of RFC 3103 or RFC 3104.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::host {

/// The three methods (RFC 3103 section 8.7, RFC 3104 section 6) and LISTEN (RFC 3103 section 9.16).
enum class Kind : std::uint8_t {
  rsa_ip,   ///< a whole address
  rsap_ip,  ///< an address with ports
  rsipsec,  ///< an address with SPIs, and perhaps ports
  listen,   ///< as rsap_ip, for a server
};

/// "rsa-ip", "rsap-ip", "rsipsec", "listen"; nothing for any other text.
std::string_view name(Kind kind);
std::optional<Kind> parse_kind(std::string_view text);

/// "ipip", "gre", and the other way.
std::string_view name(TunnelType tunnel);
std::optional<TunnelType> parse_tunnel(std::string_view text);

/// A host of the public realm that a binding is for (remote flow policy, RFC 3103 section 7.2).
struct RemoteHost {
  std::variant<Ipv4, std::string> host;  ///< its address or its domain name
  std::optional<Run<Port>> ports;        ///< nothing: any
  friend bool operator==(const RemoteHost&, const RemoteHost&) = default;
};

/// "198.51.100.2", "y.example.org:80", "198.51.100.2:8000-8010"; nothing where it is none of these. Names come out in
/// lower case.
std::optional<RemoteHost> parse_remote(std::string_view text);
std::string to_string(const RemoteHost& remote);

/// "80", "8000-8010"; nothing where it is neither, has port 0, or more ports than a message can name (255).
std::optional<Run<Port>> parse_ports(std::string_view text);
std::string to_string(const Run<Port>& run);

/// RSA-IP uses neither ports nor SPIs, and only RSIPSEC uses SPIs and cookies.
struct Wish {
  Kind kind = Kind::rsipsec;
  std::uint8_t ports = 8;            ///< how many, also of `local_ports`
  std::uint16_t spis = 16;           ///< how many, also of `local_spis`
  std::optional<LeaseTime> lease{};  ///< nothing: as long as the gateway likes
  TunnelType tunnel = TunnelType::ip_ip;
  std::optional<Ipv4> address{};         ///< this one and no other
  std::vector<Run<Port>> local_ports{};  ///< these and no others; empty: any
  std::optional<RemoteHost> remote{};    ///< nothing: any remote host
  std::vector<Run<Spi>> local_spis{};    ///< these and no others; empty: any
  bool cookie_prefix = false;            ///< RSIPSEC: a prefix for the cookies of IKE as well
  friend bool operator==(const Wish&, const Wish&) = default;
};

}  // namespace rsip::host
