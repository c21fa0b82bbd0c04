// SPDX-License-Identifier: GPL-2.0-or-later
// What is not counted as it happens but looked up when somebody asks.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands/kernel_view.hpp"
#include "gateway/gateway.hpp"
#include "server/server.hpp"

namespace rsip::metrics {

using Families = std::vector<prometheus::MetricFamily>;

/// Hosts, bindings, and how much of the pool is in use.
void add_leases(Families& families, const gateway::Gateway& gateway, lease::Time now);

/// What waits for its turn, and what did not get one.
void add_server(Families& families, const server::Server& server);

/// What the rules have dropped and queued, and the queue for first IKE packets.
void add_kernel(Families& families, KernelView& kernel);

/// How often our tables were mended after others had changed them.
void add_healing(Families& families, std::uint64_t healed);

/// The process, under the names that Prometheus' own libraries give.
void add_process(Families& families, const std::string& version, std::chrono::system_clock::time_point started);

}  // namespace rsip::metrics
