// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/machine.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

#include "netlink/socket.hpp"
#include "steer/interface.hpp"
#include "steer/probe.hpp"
#include "steer/tunnel.hpp"

namespace rsip::doctor {

namespace {

/// What every host must take whole (RFC 791 section 3.1): less in a tunnel breaks things.
constexpr std::uint32_t least_tunnel_mtu = 576;

std::string read_setting(const std::string& path) {
  std::ifstream file("/proc/sys/net/ipv4/" + path);
  std::string value;
  std::getline(file, value);
  return value;
}

/// Whether each number of `run` is in "20000-59999,61000", the form of ip_local_reserved_ports.
bool covers(const std::string& reserved, const Run<Port>& run) {
  std::uint32_t next = number(run.first);
  std::istringstream parts(reserved);
  for (std::string part; std::getline(parts, part, ',');) {  // the kernel prints them in order
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    char dash = 0;
    std::istringstream text(part);
    if (!(text >> low)) continue;
    if (!(text >> dash >> high)) high = low;
    if (low <= next && next <= high) next = high + 1;
  }
  return next > number(run.last());
}

class Examination {
 public:
  Examination(const Settings& settings, netlink::Socket socket) : settings_(settings), socket_(std::move(socket)) {}

  Result<Machine> run() {
    for (const steer::Missing& missing : steer::probe(settings_.tunnels)) {
      add(missing.feature + " is missing: " + missing.reason, missing.remedy);
    }
    settings();
    own_ports();
    if (const Result<void> done = addresses(); !done) return tl::unexpected(done.error());
    if (const Result<void> done = interfaces(); !done) return tl::unexpected(done.error());
    if (const Result<void> done = pool(); !done) return tl::unexpected(done.error());
    return std::move(machine_);
  }

 private:
  void add(std::string what, std::string remedy, bool certain = true) {
    machine_.findings.push_back({std::move(what), std::move(remedy), certain});
  }

  void settings() {
    if (read_setting("ip_forward") != "1") {
      add("this machine does not forward packets", "sysctl -w net.ipv4.ip_forward=1");
    }
    // The stricter of this and a device's own counts, and the tunnels have no address to satisfy either.
    if (read_setting("conf/all/rp_filter") != "0") {
      add("reverse path filtering for all interfaces drops what hosts send", "sysctl -w net.ipv4.conf.all.rp_filter=0");
    }
  }

  /// A connection of this machine's own from a leased port: its answers would go to the host.
  void own_ports() {
    std::istringstream text(read_setting("ip_local_port_range"));
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    if (!(text >> low >> high)) return;
    const std::string reserved = read_setting("ip_local_reserved_ports");
    for (const Run<Port>& run : settings_.ports) {
      if (number(run.last()) >= low && number(run.first) <= high && !covers(reserved, run)) unreserved(reserved, run);
    }
  }

  void unreserved(const std::string& reserved, const Run<Port>& run) {
    const std::string range = std::to_string(number(run.first)) + "-" + std::to_string(number(run.last()));
    add("this machine may pick one of the leased ports " + range + " for a connection of its own",
        "sysctl -w net.ipv4.ip_local_reserved_ports=" + (reserved.empty() ? range : reserved + "," + range));
  }

  Result<void> addresses() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return failure(errno, "list the addresses of this machine");
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
      if (each->ifa_addr == nullptr || each->ifa_netmask == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
      const auto read = [](const sockaddr* address) {
        return Ipv4{ntohl(static_cast<const sockaddr_in*>(static_cast<const void*>(address))->sin_addr.s_addr)};
      };
      const Ipv4 address = read(each->ifa_addr);
      const std::optional<Prefix> network = network_of(address, read(each->ifa_netmask));
      const std::string name(each->ifa_name);
      if (std::ranges::find(settings_.public_interfaces, name) != settings_.public_interfaces.end()) {
        machine_.primary.push_back(address);
      } else if (network &&
                 std::ranges::find(settings_.private_interfaces, name) != settings_.private_interfaces.end()) {
        machine_.networks.push_back({name, *network});
      }
    }
    return {};
  }

  Result<void> interfaces() {
    std::uint32_t encapsulation = 0;
    for (const TunnelType type : settings_.tunnels) encapsulation = std::max(encapsulation, steer::encapsulation(type));
    std::vector<std::string> names = settings_.public_interfaces;
    std::ranges::copy(settings_.private_interfaces, std::back_inserter(names));
    for (const std::string& name : names) {
      if (Result<void> done = interface(name, least_tunnel_mtu + encapsulation); !done) return done;
    }
    return {};
  }

  Result<void> interface(const std::string& name, std::uint32_t least_mtu) {
    const Result<std::optional<steer::Interface>> found = steer::find_interface(socket_, name);
    if (!found) return tl::unexpected(found.error());
    if (!*found) {
      add("there is no interface " + name, "ip link, and rsipd with the interfaces that there are");
    } else if (!(*found)->up) {
      add("interface " + name + " is down", "ip link set " + name + " up");
    } else if ((*found)->mtu < least_mtu) {
      add("the MTU of interface " + name + " is " + std::to_string((*found)->mtu) + ", less than the " +
              std::to_string(least_mtu) + " that a tunnel takes for packets that everybody must accept",
          "ip link set " + name + " mtu 1500");
    }
    return {};
  }

  Result<void> pool() {
    for (const Ipv4 address : settings_.pool) {
      const Result<bool> here = steer::is_local_or_routed_here(socket_, address);
      if (!here) return tl::unexpected(here.error());
      if (!*here) not_here(to_string(address));
    }
    return {};
  }

  void not_here(const std::string& address) {
    add("pool address " + address + " does not lead to this machine",
        "ip addr add " + address + "/32 dev " + settings_.public_interfaces.front() +
            ", or where it is routed here: ip route add blackhole " + address + "/32");
  }

  const Settings& settings_;
  netlink::Socket socket_;
  Machine machine_;
};

}  // namespace

Result<Machine> examine(const Settings& settings) {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return tl::unexpected(socket.error());
  return Examination(settings, std::move(*socket)).run();
}

}  // namespace rsip::doctor
