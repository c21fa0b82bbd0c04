// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/strongswan.hpp"

#include <algorithm>
#include <cstdio>

namespace rsip::host {
namespace {

std::string hex(Spi spi) {
  char text[11] = {};
  (void)std::snprintf(text, sizeof text, "0x%08x", number(spi));  // NOLINT(cppcoreguidelines-pro-type-vararg)
  return text;
}

/// The first half of a cookie, as charon writes it; the other half is charon's to choose.
std::string cookie_hex(std::uint32_t first_half) {
  return hex(Spi{first_half}) + "00000000";
}

std::vector<Port> first_two(const std::vector<Run<Port>>& runs) {
  std::vector<Port> ports;
  for (const Run<Port>& run : runs) {
    for (std::uint32_t i = 0; i < run.count && ports.size() < 2; ++i) {
      ports.push_back(static_cast<Port>(number(run.first) + i));
    }
  }
  return ports;
}

}  // namespace

std::string strongswan_snippet(const Grant& grant, Ipv4 gateway, IkePort ike_port) {
  std::string text = "# Written by rsip for its lease of " + to_string(grant.address) + " from the gateway " +
                     to_string(gateway) +
                     "; removed when the lease ends.\n"
                     "# Include it from /etc/strongswan.conf. Connections in swanctl.conf need local_addrs = " +
                     to_string(grant.address) + "\n";
  const std::vector<Port> ports = ike_port == IkePort::assigned ? first_two(grant.ports) : std::vector<Port>{};
  switch (ike_port) {
    case IkePort::assigned:
      text += "# Both IKE ports are leased ones, so mobike may stay on.\n";
      break;
    case IkePort::well_known:
      text +=
          "# and mobike = no: MOBIKE moves IKE to port 4500, which other hosts behind the gateway share with this "
          "one.\n";
      break;
    case IkePort::prefix:
      text += "# The gateway knows this host by its cookies, on port 4500 too, so mobike may stay on.\n";
      break;
  }
  text += "charon {\n";
  if (ports.size() == 2) {
    text += "  port = " + std::to_string(number(ports[0])) + "\n";
    text += "  port_nat_t = " + std::to_string(number(ports[1])) + "\n";
  }
  if (ike_port == IkePort::prefix) {
    text += "  spi_mask = " + cookie_hex(grant.cookie_prefix->mask()) + "\n";
    text += "  spi_label = " + cookie_hex(grant.cookie_prefix->value) + "\n";
  }
  if (!grant.spis.empty()) {
    const Run<Spi>& longest = *std::max_element(grant.spis.begin(), grant.spis.end(),
                                                [](const auto& a, const auto& b) { return a.count < b.count; });
    text += "  spi_min = " + hex(longest.first) + "\n  spi_max = " + hex(longest.last()) + "\n";
  }
  return text + "}\n";
}

}  // namespace rsip::host
