// SPDX-License-Identifier: GPL-2.0-or-later
// Leases without a journal: what the kernel enforces still says who has what. Pure; nothing here talks to the kernel.
#pragma once

#include <span>

#include "gateway/kernel.hpp"
#include "lease/config.hpp"
#include "steer/element.hpp"
#include "store/saved.hpp"

namespace rsip::gateway {

/// The leases that these elements are of, `elements` being all there are, with the time that is left of each. What is
/// not as we would make it is left out.
///
/// The kernel does not know all: registrations without a binding are lost, and so is what rests. How hosts speak to us
/// is unknown until they do. Ports that anybody may have are taken for a binding of RSAP-IP, though they may have been
/// asked for by LISTEN. A registration lasts as long as one that begins now, which is no less than its host was told.
store::Saved salvage(const steer::Elements& elements, std::span<const Kernel::MadeTunnel> tunnels,
                     const lease::Config& config, lease::Time now);

}  // namespace rsip::gateway
