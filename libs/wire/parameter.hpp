// SPDX-License-Identifier: GPL-2.0-or-later
// The parameters of RFC 3103 section 8 and RFC 3104 section 6.2 as values. Numbers are in host byte order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::wire {

enum class ParameterType : std::uint8_t {
  address = 1,
  ports = 2,
  lease_time = 3,
  client_id = 4,
  bind_id = 5,
  tunnel_type = 6,
  rsip_method = 7,
  error = 8,
  flow_policy = 9,
  indicator = 10,
  message_counter = 11,
  vendor_specific = 12,
  spi = 22,
};

/// 'Don't care' (Address of length 1, RFC 3103 section 8.1). Where a message requires an address, one of all zeros
/// (section 9.8.3) decodes to this too.
struct AnyAddress {
  friend constexpr auto operator<=>(AnyAddress, AnyAddress) = default;
};
struct Ipv4Netmask {
  Ipv4 mask;
  friend constexpr auto operator<=>(Ipv4Netmask, Ipv4Netmask) = default;
};
struct Ipv6 {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const Ipv6&, const Ipv6&) = default;
};
/// No domain name is longer (RFC 1035 section 2.3.4). Keeps an answer that repeats a request's name a valid message.
inline constexpr std::size_t max_name_size = 255;
/// A name of 1 to max_name_size printable ASCII bytes, no space, never with a terminating zero.
struct Fqdn {
  std::string name;
  friend auto operator<=>(const Fqdn&, const Fqdn&) = default;
};
/// RFC 3103 section 8.1.
using Address = std::variant<AnyAddress, Ipv4, Ipv4Netmask, Ipv6, Fqdn>;

/// 'Don't need' (length 0, RFC 3104 section 6.2; only in the RSIPSEC messages).
struct NoPorts {
  friend constexpr auto operator<=>(NoPorts, NoPorts) = default;
};
/// 'Don't care', `count` of them (length 1, RFC 3103 section 8.2). Never 0. The form with zeros in the value fields
/// (section 9.8.3) decodes to this too.
struct AnyPorts {
  std::uint8_t count = 1;
  friend constexpr auto operator<=>(AnyPorts, AnyPorts) = default;
};
/// RFC 3103 section 8.2: a contiguous run (one port is a run of one), or a list of two or more different ports. At most
/// 255 of them, and none is 0.
using Ports = std::variant<NoPorts, AnyPorts, Run<Port>, std::vector<Port>>;

/// 'Don't care', `count` of them (length 2, RFC 3104 section 6.2). Never 0. The form with zeros decodes to this too.
struct AnySpis {
  std::uint16_t count = 1;
  friend constexpr auto operator<=>(AnySpis, AnySpis) = default;
};
/// RFC 3104 section 6.2: a contiguous run (one SPI is a run of one), or a list of two or more different SPIs. At most
/// 65,535 of them, and none is 0.
using Spis = std::variant<AnySpis, Run<Spi>, std::vector<Spi>>;

/// Other values are kept as they come: the gateway answers BAD_TUNNEL_TYPE, not the decoder.
using rsip::TunnelType;

/// RFC 3103 section 8.7, RFC 3104 section 6. Other values are kept as they come.
enum class Method : std::uint8_t { rsa_ip = 1, rsap_ip = 2, rsipsec = 3 };

enum class LocalPolicy : std::uint8_t { macro = 1, micro = 2 };
enum class RemotePolicy : std::uint8_t { macro = 1, micro = 2, none = 3 };
/// RFC 3103 section 8.9. Reserved values are BAD_PARAM.
struct FlowPolicy {
  LocalPolicy local = LocalPolicy::macro;
  RemotePolicy remote = RemotePolicy::none;
  friend constexpr auto operator<=>(FlowPolicy, FlowPolicy) = default;
};

/// RFC 3103 section 8.12. `value` is what follows the subtype.
struct Vendor {
  std::uint16_t vendor = 0;
  std::uint16_t subtype = 0;
  std::vector<std::uint8_t> value;
  friend auto operator<=>(const Vendor&, const Vendor&) = default;
};

}  // namespace rsip::wire
