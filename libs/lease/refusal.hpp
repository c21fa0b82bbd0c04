// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace rsip::lease {

/// Why a request is not granted. The protocol's error number for each stands in one table (gateway/error_table).
enum class Refusal {
  too_many_hosts,
  already_registered,
  not_registered,
  bad_client_id,
  bad_bind_id,
  too_many_bindings,
  address_unavailable,  ///< no whole address is free, or the host has as many as it may
  address_in_use,       ///< a particular whole address that is taken or on hold
  address_unallowed,    ///< a particular address that is not in the pool
  ports_unavailable,    ///< so many ports are not free, or more than one host may have
  ports_in_use,         ///< particular ports that are taken or on hold
  ports_unallowed,      ///< particular ports outside the leased range
  spis_unavailable,     ///< so many SPIs are not free, or more than one host may have
  spis_in_use,          ///< particular SPIs that are taken, on hold or outside the leased range
};

}  // namespace rsip::lease
