// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/transport.hpp"

#include <asio/ip/udp.hpp>

namespace rsip::host {

Result<Ipv4> address_towards(Ipv4 gateway) {
  const std::string what = "find a route to " + to_string(gateway);
  asio::io_context io;
  asio::ip::udp::socket probe(io);
  std::error_code error;
  probe.open(asio::ip::udp::v4(), error);
  // Connecting a datagram socket sends nothing; it makes the kernel choose route and source address.
  if (!error) probe.connect({asio::ip::address_v4(gateway.value), 9}, error);
  if (error) return failure(error.value(), what, "give this host an address on the gateway's private side");
  const asio::ip::udp::endpoint local = probe.local_endpoint(error);
  if (error) return failure(error.value(), what);
  return Ipv4{local.address().to_v4().to_uint()};
}

}  // namespace rsip::host
