// SPDX-License-Identifier: GPL-2.0-or-later
// The way back from elements to what they were made of (element.hpp), for leases of which the kernel alone knows.
// Pure functions.
#pragma once

#include <optional>
#include <variant>

#include "steer/element.hpp"

namespace rsip::steer {

/// What one element says that a binding has. Of the elements of a resource, one kind says it all; traces are read from
/// that alone.
struct Trace {
  struct Address {};   ///< the whole of it
  struct Listener {};  ///< it listens for IKE
  struct Peer {
    Ipv4 peer;
  };                 ///< it has IKE with this peer under its cookie prefix
  struct Exchange {  ///< it has IKE with this peer by this cookie
    Cookie cookie{};
    Ipv4 peer;
  };

  Owner owner;
  Device tunnel;  ///< as far as the element names it: by name or by index
  Ipv4 address;   ///< the public one
  std::variant<Address, Port, Spi, CookiePrefix, Listener, Peer, Exchange> what;
  std::optional<Remote> remote;  ///< with this one alone
};

/// `prefix_bits`: how long all cookie prefixes are, which a key does not say. Nothing where the element says nothing of
/// a binding that another one would not say as well, or is not of ours.
std::optional<Trace> trace_of(const Element& element, std::uint8_t prefix_bits);

}  // namespace rsip::steer
