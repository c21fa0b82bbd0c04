// SPDX-License-Identifier: GPL-2.0-or-later
// What a lease is to the kernel: a handful of elements in the maps and sets of nft-rules/rsip.nft.
// Pure functions; nothing here talks to the kernel.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/cookie_prefix.hpp"
#include "types/ids.hpp"
#include "types/ipv4.hpp"
#include "types/remote.hpp"

namespace rsip::steer {

/// A network device as the kernel knows it. `index` 0 is none.
struct Device {
  std::string name;
  std::uint32_t index = 0;
  friend bool operator==(const Device&, const Device&) = default;
};

/// Whose an element is: written into its comment, from which trace.hpp reads it back.
struct Owner {
  ClientId client{};
  BindId bind{};
  Ipv4 host;
};

/// Which of the two tables: "netdev rsip" (fast path) or "ip rsip" (slow path, policing).
enum class Family : std::uint8_t { netdev, ip };

/// One element of a map or set.
struct Element {
  Family family = Family::ip;
  const char* set = "";                 ///< name of the map or set; a literal
  std::vector<std::uint8_t> key;        ///< as the kernel keeps it: network byte order, each part padded to 4 bytes
  std::optional<std::uint32_t> device;  ///< value of a map: interface index; none in a set
  std::chrono::milliseconds timeout{};  ///< from the commit on; 0 never ends
  std::string comment;                  ///< at most 128 bytes, shown by `nft list`
  friend bool operator==(const Element& one, const Element& other) {
    return one.family == other.family && std::string_view(one.set) == other.set && one.key == other.key &&
           one.device == other.device && one.timeout == other.timeout && one.comment == other.comment;
  }
};

/// "netdev port_in 198.51.100.1 . 40000", for errors and logs.
std::string to_string(const Element& element);

/// The same bytes for two of which the kernel could have only one: something to look elements up by.
std::string place_of(const Element& element);

/// The host that the comment names; nothing where it is none of ours.
std::optional<Ipv4> host_of(const Element& element);

using Elements = std::vector<Element>;

// What follows makes the elements of one resource. With `remote` they serve that peer alone (RFC 3103 section 7.2) and
// go into the sets and maps whose names end in _macro, or in _micro where its port counts. These are in table ip only:
// packets under a remote flow policy take the slow path.

/// A port of `address`, for TCP and UDP: steering to the host behind `tunnel` on both paths, and its right to use it.
Elements port_elements(const Device& tunnel, Ipv4 address, Port port, const Owner& owner,
                       std::chrono::milliseconds timeout, const std::optional<Remote>& remote = {});

/// An SPI of `address`, for ESP and AH: steering on both paths. The remote's port is of no account.
Elements spi_elements(const Device& tunnel, Ipv4 address, Spi spi, const Owner& owner,
                      std::chrono::milliseconds timeout, const std::optional<Remote>& remote = {});

/// The right to send ESP, AH, IKE and ICMP echo requests from `address`. One for each host, address and remote address,
/// however many bindings grant it: the comment names no binding, and the timeout must be that of the last binding to
/// end. The remote's port is of no account.
Elements ipsec_elements(const Device& tunnel, Ipv4 address, const Owner& owner, std::chrono::milliseconds timeout,
                        const std::optional<Remote>& remote = {});

/// The right to send ICMP echo requests from `address`, likewise one for all bindings that grant no more than that.
Elements echo_elements(const Device& tunnel, Ipv4 address, const Owner& owner, std::chrono::milliseconds timeout,
                       const std::optional<Remote>& remote = {});

/// An IKE exchange by its initiator cookie, between `address` port 500 and any peer or the remote: steering on both
/// paths, and the right to send it. The remote's port is of no account. The comment says with which `peer` it began.
Elements cookie_elements(const Device& tunnel, Ipv4 address, Cookie cookie, Ipv4 peer, const Owner& owner,
                         std::chrono::milliseconds timeout, const std::optional<Remote>& remote = {});

/// A prefix of the IKE cookies that a host makes, with any peer or the remote, on the ports that hosts share: steering
/// in table ip, and the right to send it. The remote's port is of no account.
Elements prefix_elements(const Device& tunnel, Ipv4 address, CookiePrefix prefix, const Owner& owner,
                         std::chrono::milliseconds timeout, const std::optional<Remote>& remote = {});

/// The host has IKE with `peer` under its cookie prefix, as far as policing need know.
Elements peer_elements(const Device& tunnel, Ipv4 address, Ipv4 peer, const Owner& owner,
                       std::chrono::milliseconds timeout);

/// The host is the only one that has IKE with `peer` on the ports that hosts share: it gets what no cookie tells apart.
Elements sole_elements(const Device& tunnel, Ipv4 address, Ipv4 peer, const Owner& owner,
                       std::chrono::milliseconds timeout);

/// The host listens for IKE that `peer`, or where there is none any peer, starts.
Elements listener_elements(const Device& tunnel, Ipv4 address, std::optional<Ipv4> peer, const Owner& owner,
                           std::chrono::milliseconds timeout);

/// The whole of `address` (RSA-IP): steering of all that no element above takes, and the right to send anything from
/// it. With a remote that has a port, TCP and UDP to and from that port only.
Elements address_elements(const Device& tunnel, Ipv4 address, const Owner& owner, std::chrono::milliseconds timeout,
                          const std::optional<Remote>& remote = {});

}  // namespace rsip::steer
