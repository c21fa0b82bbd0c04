// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/lease_flags.hpp"

#include <algorithm>
#include <set>

namespace rsip::program {
namespace {

using host::Kind;

constexpr unsigned default_ports = 8;
constexpr unsigned default_spis = 16;
constexpr unsigned most_ports = 255;

std::string check_address(const std::string& text) {
  return parse_ipv4(text) ? "" : "'" + text + "' is not an IPv4 address";
}

std::string check_remote(const std::string& text) {
  return host::parse_remote(text) ? "" : "'" + text + "' is not ADDR or NAME, with or without :PORT or :LOW-HIGH";
}

std::string check_ports(const std::string& text) {
  return host::parse_ports(text) ? "" : "'" + text + "' is not PORT or LOW-HIGH of at most 255 ports";
}

void add_remote_tunnel_lease(CLI::App& command, LeaseFlags& flags) {
  command.add_option("--remote", flags.remote, "The only remote host it is for, where the gateway wants to know it")
      ->check(CLI::Validator(check_remote, ""))
      ->type_name("ADDR[:PORT[-PORT]]");
  command.add_option("--tunnel", flags.tunnel, "Type of the tunnel to the gateway")
      ->check(unnamed(CLI::IsMember({"ipip", "gre"})))
      ->type_name("ipip|gre")
      ->capture_default_str();
  command.add_option("--lease", flags.lease, "Seconds to ask for; without it the gateway chooses")
      ->check(unnamed(CLI::Range(std::uint32_t{1}, UINT32_MAX)))
      ->type_name("SECONDS");
}

void add_address(CLI::App& command, LeaseFlags& flags) {
  command.add_option("--address", flags.address, "This public address and no other")
      ->check(CLI::Validator(check_address, ""))
      ->type_name("ADDR");
}

CLI::Option* add_ports(CLI::App& command, LeaseFlags& flags) {
  return command.add_option("--ports", flags.ports, "How many ports to lease, 0 for none")
      ->check(unnamed(CLI::Range(0U, most_ports)))
      ->type_name("N")
      ->default_str(std::to_string(default_ports));
}

void add_method_and_spis(CLI::App& command, LeaseFlags& flags) {
  command
      .add_option("--method", flags.method,
                  "rsa-ip: a whole address; rsap-ip: ports; rsipsec: SPIs, and ports; without it what --spis says")
      ->check(unnamed(CLI::IsMember({"rsa-ip", "rsap-ip", "rsipsec"})))
      ->type_name("METHOD");
  command.add_option("--spis", flags.spis, "How many IPsec SPIs to lease, 0 for a lease without IPsec (RSAP-IP)")
      ->check(unnamed(CLI::Range(0, 65535)))
      ->type_name("N")
      ->default_str(std::to_string(default_spis));
}

/// In ascending order, neighbours joined.
std::vector<Run<Port>> runs_of(const std::vector<unsigned>& list) {
  std::vector<Run<Port>> runs;
  for (const unsigned value : std::set<unsigned>(list.begin(), list.end())) {
    const Port port{static_cast<std::uint16_t>(value)};
    if (!runs.empty() && number(runs.back().last()) + 1U == value) {
      ++runs.back().count;
    } else {
      runs.push_back({port, 1});
    }
  }
  return runs;
}

std::vector<Run<Port>> particular_ports(const LeaseFlags& flags) {
  const std::optional<Run<Port>> range = host::parse_ports(flags.port_range);
  return range ? std::vector{*range} : runs_of(flags.port_list);
}

Kind kind_of(const LeaseFlags& flags) {
  const Kind by_spis = flags.spis.value_or(default_spis) == 0 ? Kind::rsap_ip : Kind::rsipsec;
  return host::parse_kind(flags.method).value_or(by_spis);
}

unsigned port_count(const LeaseFlags& flags) {
  std::uint32_t particular = 0;
  for (const Run<Port>& run : particular_ports(flags)) particular += run.count;
  return particular != 0 ? particular : flags.ports.value_or(default_ports);
}

host::Wish common_wish(const LeaseFlags& flags) {
  host::Wish wish;
  wish.ports = static_cast<std::uint8_t>(port_count(flags));
  wish.local_ports = particular_ports(flags);
  wish.address = parse_ipv4(flags.address);
  wish.remote = host::parse_remote(flags.remote);
  wish.tunnel = host::parse_tunnel(flags.tunnel).value_or(TunnelType::ip_ip);
  if (flags.lease != 0) wish.lease = LeaseTime(flags.lease);
  return wish;
}

}  // namespace

CLI::Validator unnamed(CLI::Validator check) {
  check.description("");
  return check;
}

void add_up_lease(CLI::App& up, LeaseFlags& flags) {
  add_ports(up, flags);
  add_method_and_spis(up, flags);
  add_remote_tunnel_lease(up, flags);
}

void add_assign_lease(CLI::App& assign, LeaseFlags& flags) {
  CLI::Option* ports = add_ports(assign, flags);
  CLI::Option* list = assign.add_option("--port-list", flags.port_list, "These ports and no others")
                          ->delimiter(',')
                          ->check(unnamed(CLI::Range(1, 65535)))
                          ->expected(1, static_cast<int>(most_ports))
                          ->type_name("PORT,...")
                          ->excludes(ports);
  assign.add_option("--port-range", flags.port_range, "These ports and no others")
      ->check(CLI::Validator(check_ports, ""))
      ->type_name("LOW-HIGH")
      ->excludes(ports)
      ->excludes(list);
  add_method_and_spis(assign, flags);
  add_address(assign, flags);
  add_remote_tunnel_lease(assign, flags);
}

void add_listen_lease(CLI::App& listen, LeaseFlags& flags) {
  listen.add_option("--ports", flags.port_range, "The ports that the server listens on")
      ->required()
      ->check(CLI::Validator(check_ports, ""))
      ->type_name("LOW[-HIGH]");
  add_address(listen, flags);
  add_remote_tunnel_lease(listen, flags);
}

std::string contradiction(const LeaseFlags& flags) {
  const bool ports_given = flags.ports || !flags.port_list.empty() || !flags.port_range.empty();
  const Kind kind = kind_of(flags);
  if (kind == Kind::rsa_ip) {
    return ports_given || flags.spis ? "--method rsa-ip leases all ports and SPIs of an address" : "";
  }
  if (kind == Kind::rsap_ip && flags.spis.value_or(0) != 0) return "--method rsap-ip leases no SPIs";
  if (kind == Kind::rsipsec && flags.spis == 0U) return "--method rsipsec needs --spis";
  if (kind == Kind::rsap_ip && port_count(flags) == 0) return "--ports 0 with --spis 0 leaves nothing to lease";
  const std::optional<host::RemoteHost> remote = host::parse_remote(flags.remote);
  if (remote && remote->ports && port_count(flags) == 0) return "--remote with a port needs --ports";
  return {};
}

host::Wish wish_of(const LeaseFlags& flags) {
  host::Wish wish = common_wish(flags);
  wish.kind = kind_of(flags);
  wish.spis = wish.kind == Kind::rsipsec ? static_cast<std::uint16_t>(flags.spis.value_or(default_spis)) : 0;
  if (wish.kind == Kind::rsa_ip) wish.ports = 0;
  return wish;
}

host::Wish listen_wish_of(const LeaseFlags& flags) {
  host::Wish wish = common_wish(flags);
  wish.kind = Kind::listen;
  wish.spis = 0;
  return wish;
}

}  // namespace rsip::program
