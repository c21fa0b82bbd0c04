// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/snapshot.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "lease/pool_use.hpp"
#include "metrics/family.hpp"

namespace rsip::metrics {

namespace {

using prometheus::MetricFamily;

/// A family of one.
template <typename Number>
MetricFamily single(MetricFamily family, Number value) {
  add(family, value);
  return family;
}

/// The four families of the pool.
struct PoolFamilies {
  MetricFamily total = gauge("rsipd_pool_size", "Numbers of a public address there are to lease.");
  MetricFamily leased = gauge("rsipd_pool_leased", "Numbers of a public address that are leased.");
  MetricFamily on_hold = gauge("rsipd_pool_on_hold", "Numbers of a public address that rest after a lease.");
  MetricFamily free = gauge("rsipd_pool_free", "Numbers of a public address that are free.");

  void add_use(const std::string& address, const char* kind, const lease::Use& use) {
    add(total, use.total, {{"address", address}, {"kind", kind}});
    add(leased, use.leased(), {{"address", address}, {"kind", kind}});
    add(on_hold, use.resting, {{"address", address}, {"kind", kind}});
    add(free, use.free, {{"address", address}, {"kind", kind}});
  }

  void add_use(const std::string& address, const char* kind, const std::optional<lease::Use>& use) {
    if (use) add_use(address, kind, *use);
  }
};

/// The resident pages of this process.
std::uint64_t resident_pages() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident;
}

}  // namespace

void add_leases(Families& families, const gateway::Gateway& gateway, lease::Time now) {
  const lease::LeaseTable& leases = gateway.leases();
  families.push_back(single(gauge("rsipd_hosts", "Hosts that are registered."), leases.registrations().size()));
  families.push_back(single(gauge("rsipd_hosts_limit", "Hosts that may be registered."), leases.config().max_hosts));
  families.push_back(single(gauge("rsipd_bindings", "Bindings of all hosts."), leases.binding_count()));
  families.push_back(
      single(gauge("rsipd_draining", "1 while no new leases are given."), gateway.is_draining() ? 1 : 0));
  families.push_back(single(gauge("rsipd_journal_failed", "1 while the journal cannot be written to."),
                            gateway.is_suspended() ? 1 : 0));

  PoolFamilies pool;
  MetricFamily cookies = gauge("rsipd_ike_cookies", "IKE initiator cookies of hosts on a public address.");
  for (const lease::PublicAddress& address : leases.addresses()) {
    const lease::AddressUse use = lease::use_of(address, leases.config(), now);
    const std::string text = to_string(address.address());
    pool.add_use(text, "ports", use.ports);
    pool.add_use(text, "listen_ports", use.listen_ports);
    pool.add_use(text, "spis", use.spis);
    pool.add_use(text, "suggested_spis", use.suggested_spis);
    pool.add_use(text, "cookie_prefixes", use.prefixes);
    add(cookies, use.cookies, {{"address", text}});
  }
  if (leases.whole_addresses().size() > 0) {
    pool.add_use("", "whole_addresses", lease::use_of(leases.whole_addresses(), now));
  }
  families.push_back(std::move(pool.total));
  families.push_back(std::move(pool.leased));
  families.push_back(std::move(pool.on_hold));
  families.push_back(std::move(pool.free));
  families.push_back(std::move(cookies));
}

void add_server(Families& families, const server::Server& server) {
  families.push_back(single(gauge("rsipd_connections", "TCP connections of hosts."), server.connections()));
  families.push_back(single(gauge("rsipd_requests_waiting", "Requests that wait for their turn."), server.waiting()));
  MetricFamily dropped = counter("rsipd_requests_dropped_total", "Requests that were dropped, by why.");
  add(dropped, server.dropped().above_rate, {{"cause", "above_rate"}});
  add(dropped, server.dropped().no_room, {{"cause", "no_room"}});
  families.push_back(std::move(dropped));
}

void add_kernel(Families& families, KernelView& kernel) {
  MetricFamily packets =
      counter("rsipd_ruleset_packets_total",
              "Packets that a named counter of table ip rsip has counted; rsipctl counters says what "
              "each means.");
  MetricFamily bytes = counter("rsipd_ruleset_bytes_total", "The same in bytes.");
  const Result<std::vector<steer::NamedCounter>> counters = kernel.counters();
  if (!counters) spdlog::warn("{}", counters.error().text());
  for (const steer::NamedCounter& one : counters.value_or(std::vector<steer::NamedCounter>{})) {
    add(packets, one.packets, {{"counter", one.name}});
    add(bytes, one.bytes, {{"counter", one.name}});
  }
  families.push_back(std::move(packets));
  families.push_back(std::move(bytes));

  const std::optional<steer::QueueState> queue = kernel.queue();
  if (!queue) return;
  families.push_back(
      single(gauge("rsipd_queue_packets", "First IKE packets that wait for a verdict."), queue->waiting));
  MetricFamily dropped = counter("rsipd_queue_dropped_total", "First IKE packets that the kernel could not queue.");
  add(dropped, queue->overflowed, {{"cause", "full"}});
  add(dropped, queue->undeliverable, {{"cause", "socket"}});
  families.push_back(std::move(dropped));
}

void add_healing(Families& families, std::uint64_t healed) {
  families.push_back(single(
      counter("rsipd_healed_total", "Times that our tables were mended after others had changed them."), healed));
}

void add_process(Families& families, const std::string& version, std::chrono::system_clock::time_point started) {
  MetricFamily build = gauge("rsipd_build_info", "1; the version is a label.");
  add(build, 1, {{"version", version}});
  families.push_back(std::move(build));
  families.push_back(single(gauge("process_start_time_seconds", "Start of the process, in seconds since 1970."),
                            std::chrono::duration<double>(started.time_since_epoch()).count()));
  families.push_back(single(gauge("process_resident_memory_bytes", "Memory of the process that is resident."),
                            resident_pages() * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))));
}

}  // namespace rsip::metrics
