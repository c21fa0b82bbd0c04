// SPDX-License-Identifier: GPL-2.0-or-later
// The part of strongswan.conf that makes an unmodified charon use a lease. Ports: charon.port and charon.port_nat_t;
// SPIs: charon.spi_min and spi_max, which take one contiguous range; cookies, IKE's own SPIs: charon.spi_mask and
// spi_label.
#pragma once

#include <string>

#include "host/grant.hpp"

namespace rsip::host {

enum class IkePort {
  assigned,    ///< the first two leased ports take the place of 500 and 4500
  well_known,  ///< 500 and 4500, and any cookies
  prefix,      ///< 500 and 4500, and cookies with a granted prefix
};

/// The snippet's text. With IkePort::assigned the grant must hold two ports or more, with IkePort::prefix a
/// cookie prefix. Of several runs of SPIs the
/// longest is used; without SPIs there are no SPI lines.
std::string strongswan_snippet(const Grant& grant, Ipv4 gateway, IkePort ike_port);

}  // namespace rsip::host
