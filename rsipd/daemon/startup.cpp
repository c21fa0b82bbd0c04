// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/startup.hpp"

#include <grp.h>
#include <linux/netlink.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "auth/key_file.hpp"
#include "netlink/socket.hpp"
#include "steer/interface.hpp"
#include "steer/nft.hpp"
#include "steer/probe.hpp"
#include "steer/ruleset.hpp"
#include "steer/tunnel.hpp"

namespace rsip {

namespace {

/// The value of a sysctl such as "net/ipv4/ip_forward"; empty where the kernel has none.
std::string read_sysctl(const std::string& path) {
  std::ifstream file("/proc/sys/" + path);
  std::string value;
  std::getline(file, value);
  return value;
}

class Examination {
 public:
  Examination(const Options& options, netlink::Socket socket) : options_(options), socket_(std::move(socket)) {}

  Setup run() {
    for (const steer::Missing& missing : steer::probe(options_.policy.tunnels)) {
      add(exit_kernel, missing.feature + ": " + missing.reason + "; " + missing.remedy);
    }
    settings();
    keys();
    control_group();
    interfaces();
    for (const Ipv4 address : options_.lease.pool) pool_address(address);
    setup_.skeleton.pool = options_.lease.pool;
    for (const std::string& name : options_.pool_interfaces) pool_interface(name);
    setup_.skeleton.ike_queue = options_.queue;
    setup_.skeleton.log_group = options_.log_group;
    setup_.skeleton.own_ike = options_.own_ike;
    if (options_.lease.prefix_bits != 0) setup_.skeleton.prefix_bits = options_.lease.prefix_bits;
    setup_.skeleton.cookie_rate = options_.cookie_rate;
    setup_.skeleton.exclusive_pool = options_.lease.exclusive_pool;
    if (setup_.problems.empty()) skeleton();
    if (setup_.problems.empty()) ownership();
    return std::move(setup_);
  }

 private:
  void add(ExitCode code, std::string text) { setup_.problems.push_back({code, std::move(text)}); }
  void add(ExitCode code, const Error& error) { add(code, error.text()); }

  void settings() {
    if (read_sysctl("net/ipv4/ip_forward") != "1") {
      add(exit_kernel, "this machine does not forward packets; sysctl -w net.ipv4.ip_forward=1");
    }
    // The stricter of the device's own setting and this one counts, and our devices have no address to satisfy either.
    if (read_sysctl("net/ipv4/conf/all/rp_filter") != "0") {
      add(exit_kernel,
          "reverse path filtering for all interfaces would drop what hosts send; sysctl -w "
          "net.ipv4.conf.all.rp_filter=0 (the settings of single interfaces stay in force)");
    }
    if (read_sysctl("net/ipv4/ip_local_reserved_ports").empty()) {
      const std::uint32_t low = number(options_.lease.ports.first);
      const std::uint32_t high = number(options_.lease.ports.last());
      std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
      std::uint32_t own_low = 0;
      std::uint32_t own_high = 0;
      if (file >> own_low >> own_high && own_low <= high && low <= own_high) {
        const std::string range = std::to_string(low) + "-" + std::to_string(high);
        setup_.warnings.push_back(
            "this machine may pick a leased port for a connection of its own; sysctl -w "
            "net.ipv4.ip_local_reserved_ports=" +
            range);
      }
    }
  }

  void keys() {
    if (options_.psk_file.empty()) return;
    Result<auth::KeyTable> table = auth::read_key_table(options_.psk_file);
    if (!table) return add(exit_usage, table.error());
    setup_.keys = *std::move(table);
  }

  void control_group() {
    if (options_.control_group.empty()) return;
    group entry{};
    group* found = nullptr;
    std::vector<char> buffer(65536);  // bytes; a group with very many members may need as much
    const int error = ::getgrnam_r(options_.control_group.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) {
      setup_.control_group = found->gr_gid;
    } else {
      add(exit_usage,
          Error{error, "there is no group " + options_.control_group, "groupadd --system " + options_.control_group});
    }
  }

  std::optional<steer::Interface> interface(const std::string& name) {
    const Result<std::optional<steer::Interface>> found = steer::find_interface(socket_, name);
    if (!found) {
      add(exit_network, found.error());
      return std::nullopt;
    }
    if (!*found) {
      add(exit_network, "there is no interface " + name + "; `ip link` lists those there are");
      return std::nullopt;
    }
    if (!(*found)->up) setup_.warnings.push_back("interface " + name + " is down; ip link set " + name + " up");
    return **found;
  }

  void interfaces() {
    std::uint32_t mtu = std::numeric_limits<std::uint32_t>::max();
    for (const std::string& name : options_.private_interfaces) {
      const std::optional<steer::Interface> found = interface(name);
      if (!found) continue;
      mtu = std::min(mtu, found->mtu);
      setup_.skeleton.private_devices.push_back(name);
      endpoints_of(*found);
    }
    setup_.private_mtu = mtu;
    std::uint32_t encapsulation = 0;
    for (const TunnelType type : options_.policy.tunnels) {
      encapsulation = std::max(encapsulation, steer::encapsulation(type));
    }
    setup_.skeleton.tunnel_mtu = mtu - encapsulation;
    for (const std::string& name : options_.public_interfaces) {
      if (std::ranges::find(options_.private_interfaces, name) != options_.private_interfaces.end()) {
        add(exit_usage, "interface " + name + " cannot be both private and public");
      } else if (interface(name)) {
        setup_.skeleton.public_devices.push_back(name);
      }
    }
    if (!setup_.endpoints.empty()) setup_.skeleton.tunnel_gateway = setup_.endpoints.front().address;
  }

  /// Each address of --listen is served on the private interface that has it, or on all where none has (an address on
  /// the loopback, say); without --listen, the interface's first address.
  void endpoints_of(const steer::Interface& interface) {
    if (!options_.listen.empty()) {
      for (const Listen& listen : options_.listen) {
        setup_.endpoints.push_back({interface.device.name, listen.address, listen.port});
      }
      return;
    }
    const Result<std::optional<Ipv4>> address = steer::primary_address(socket_, interface.device);
    if (!address) return add(exit_network, address.error());
    if (!*address) {
      return add(exit_network, "interface " + interface.device.name +
                                   " has no IPv4 address; ip addr add ADDR/LEN dev " + interface.device.name);
    }
    setup_.endpoints.push_back({interface.device.name, **address, 4555});
  }

  void pool_address(Ipv4 address) {
    const Result<bool> here = steer::is_local_or_routed_here(socket_, address);
    if (!here) return add(exit_network, here.error());
    if (*here) return;
    const std::string text = to_string(address);
    add(exit_network, "pool address " + text + " does not lead to this machine; ip addr add " + text + "/32 dev " +
                          options_.public_interfaces.front() + ", or where it is routed here: ip route add blackhole " +
                          text + "/32");
  }

  void pool_interface(const std::string& name) {
    const Result<std::optional<steer::Interface>> found = steer::find_interface(socket_, name);
    if (!found || !*found) return;  // said already
    const Result<std::optional<Ipv4>> address = steer::primary_address(socket_, (*found)->device);
    if (!address) return add(exit_network, address.error());
    if (!*address) {
      return add(exit_network, "interface " + name + " has no IPv4 address for the pool yet; start rsipd when it has");
    }
    std::vector<Ipv4>& pool = setup_.skeleton.pool;
    if (std::ranges::find(pool, **address) != pool.end()) {
      return add(exit_usage, "--pool has " + to_string(**address) + " and with interface " + name + " once more");
    }
    pool.push_back(**address);
    setup_.followed.emplace(name, **address);
  }

  void skeleton() {
    const Result<void> accepted = steer::check_skeleton(steer::skeleton_text(setup_.skeleton));
    if (!accepted) add(exit_kernel, accepted.error());
  }

  void ownership() {
    if (options_.own_tables != OwnTables::on) return;
    Result<steer::Nft> nft = steer::Nft::open();
    const Result<void> possible = nft ? nft->try_to_own_tables() : tl::unexpected(nft.error());
    if (!possible) add(exit_kernel, possible.error());
  }

  const Options& options_;
  netlink::Socket socket_;
  Setup setup_;
};

}  // namespace

Setup examine(const Options& options) {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) {
    Setup setup;
    setup.problems.push_back({exit_kernel, socket.error().text()});
    return setup;
  }
  return Examination(options, std::move(*socket)).run();
}

}  // namespace rsip
