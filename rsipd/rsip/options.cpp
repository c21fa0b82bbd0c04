// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/options.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>

#include "cli/formatter.hpp"
#include "rsip/exit.hpp"

namespace rsip::program {
namespace {

/// What CLI11 fills in; Options has the same in the program's own types.
struct Flags {
  std::string device = "rsip0";
  std::string runtime_dir = "/run/rsip";
  std::string log_level = "info";
  bool json = false;
  std::string gateway;
  std::uint16_t gateway_port = 4555;
  bool tcp = false;
  bool udp = false;
  unsigned ports = 8;
  unsigned spis = 16;
  std::uint32_t lease = 0;
  std::string ike_port = "assigned";
  std::string strongswan;
  std::uint32_t table = host::default_table;
  std::uint32_t rule_priority = host::default_priority;
  bool default_route = false;
  bool foreground = false;
};

const std::map<std::string, spdlog::level::level_enum>& log_levels() {
  static const std::map<std::string, spdlog::level::level_enum> levels{{"debug", spdlog::level::debug},
                                                                       {"info", spdlog::level::info},
                                                                       {"warning", spdlog::level::warn},
                                                                       {"error", spdlog::level::err},
                                                                       {"off", spdlog::level::off}};
  return levels;
}

/// As the kernel's dev_valid_name(): the name is also part of a file's.
std::string check_device(const std::string& name) {
  const bool good = !name.empty() && name.size() < 16 && name != "." && name != ".." &&
                    name.find_first_of("/: \t\n") == std::string::npos;
  return good ? "" : "is not a device name (1 to 15 characters, no '/', ':' or blank)";
}

std::string check_address(const std::string& text) {
  return parse_ipv4(text) ? "" : "'" + text + "' is not an IPv4 address";
}

/// A check whose own description stays out of the help.
CLI::Validator unnamed(CLI::Validator check) {
  check.description("");
  return check;
}

/// The flags that every command has.
void add_common(CLI::App& command, Flags& flags) {
  command.add_option("--device", flags.device, "Name of the tunnel device")
      ->check(CLI::Validator(check_device, ""))
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--runtime-dir", flags.runtime_dir, "Where running instances keep lock and state")
      ->type_name("DIR")
      ->capture_default_str();
}

void add_json(CLI::App& command, Flags& flags) {
  command.add_flag("--json", flags.json, "Print one JSON object instead of text");
}

void add_up(CLI::App& up, Flags& flags) {
  up.add_option("--gateway", flags.gateway, "The gateway's address in the private realm")
      ->required()
      ->check(CLI::Validator(check_address, ""))
      ->type_name("ADDR");
  up.add_option("--gateway-port", flags.gateway_port, "The gateway's TCP or UDP port")
      ->check(unnamed(CLI::Range(1, 65535)))
      ->type_name("PORT")
      ->default_str("4555");
  CLI::Option* tcp = up.add_flag("--tcp", flags.tcp, "Speak to the gateway over TCP (default)");
  up.add_flag("--udp", flags.udp, "Speak to the gateway over UDP")->excludes(tcp);
  up.add_option("--ports", flags.ports, "How many ports to lease, 0 for none")
      ->check(unnamed(CLI::Range(0, 255)))
      ->type_name("N")
      ->default_str("8");
  up.add_option("--spis", flags.spis, "How many IPsec SPIs to lease, 0 for a lease without IPsec (RSAP-IP)")
      ->check(unnamed(CLI::Range(0, 65535)))
      ->type_name("N")
      ->default_str("16");
  up.add_option("--lease", flags.lease, "Seconds to ask for; without it the gateway chooses")
      ->check(unnamed(CLI::Range(std::uint32_t{1}, UINT32_MAX)))
      ->type_name("SECONDS");
  up.add_option("--ike-port", flags.ike_port,
                "assigned: IKE uses the first two leased ports; 500: it keeps ports 500 and 4500")
      ->check(unnamed(CLI::IsMember({"assigned", "500"})))
      ->type_name("assigned|500")
      ->default_str("assigned");
  up.add_option("--strongswan", flags.strongswan, "Write the lease as a snippet for strongswan.conf")
      ->type_name("FILE");
  up.add_flag("--default-route", flags.default_route, "Send all of this host's traffic through the tunnel");
  up.add_option("--table", flags.table, "Routing table of the tunnel, one per device")
      ->check(unnamed(CLI::Range(std::uint32_t{1}, UINT32_MAX)))
      ->type_name("N")
      ->capture_default_str();
  up.add_option("--rule-priority", flags.rule_priority,
                "Priority of the first routing rule; --default-route takes the next four too")
      ->check(unnamed(CLI::Range(std::uint32_t{1}, std::uint32_t{32765 - (host::rules_per_device - 1)})))
      ->type_name("N")
      ->capture_default_str();
  up.add_flag("--foreground", flags.foreground, "Stay in the foreground and log to stderr");
  up.add_option("--log-level", flags.log_level, "How much to log: debug, info, warning, error or off")
      ->check(unnamed(CLI::IsMember({"debug", "info", "warning", "error", "off"})))
      ->type_name("LEVEL")
      ->capture_default_str();
}

/// What no single flag shows to be wrong; empty if nothing is.
std::string contradiction(const Flags& flags) {
  if (flags.ports == 0 && flags.spis == 0) return "--ports 0 with --spis 0 leaves nothing to lease";
  const bool assigned = !flags.strongswan.empty() && flags.ike_port == "assigned";
  if (assigned && flags.ports < 2) return "--ike-port assigned needs --ports 2 or more (or use --ike-port 500)";
  if (flags.table >= 253 && flags.table <= 255)
    return "--table " + std::to_string(flags.table) + " is the kernel's own";
  return {};
}

Options options_of(const Flags& flags, Command command) {
  Options options;
  options.command = command;
  options.device = flags.device;
  options.runtime_dir = flags.runtime_dir;
  options.log_level = log_levels().at(flags.log_level);
  options.json = flags.json;
  if (command != Command::up) return options;
  UpOptions& up = options.up;
  up.peer = {parse_ipv4(flags.gateway).value_or(Ipv4{}), flags.gateway_port,
             flags.udp ? host::Protocol::udp : host::Protocol::tcp};
  up.wish = {static_cast<std::uint8_t>(flags.ports), static_cast<std::uint16_t>(flags.spis), std::nullopt};
  if (flags.lease != 0) up.wish.lease = LeaseTime(flags.lease);
  up.ike_port = flags.ike_port == "500" ? host::IkePort::well_known : host::IkePort::assigned;
  if (!flags.strongswan.empty()) up.strongswan = std::filesystem::absolute(flags.strongswan).string();
  up.table = flags.table;
  up.rule_priority = flags.rule_priority;
  up.default_route = flags.default_route;
  up.foreground = flags.foreground;
  return options;
}

}  // namespace

tl::expected<Options, int> parse_options(int argc, const char* const* argv) {
  Flags flags;
  CLI::App app("Leases a public address, ports and IPsec SPIs from a Realm Specific IP gateway (RFC 3103, 3104).",
               "rsip");
  cli::set_up(app, "rsip " RSIP_VERSION);
  app.set_help_all_flag("--help-all", "Print this help for all commands and exit");
  app.require_subcommand(1);
  CLI::App* up = app.add_subcommand("up", "Register, lease, and set up tunnel and routing; renews until down");
  CLI::App* status = app.add_subcommand("status", "Show the lease");
  CLI::App* down = app.add_subcommand("down", "Give the lease back and remove everything up made");
  add_up(*up, flags);
  add_json(*up, flags);
  add_json(*status, flags);
  for (CLI::App* command : {up, status, down}) add_common(*command, flags);
  try {
    app.parse(argc, argv);
    if (const std::string wrong = contradiction(flags); !wrong.empty()) throw CLI::ValidationError(wrong);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return tl::unexpected(app.exit(error));
    return tl::unexpected(cli::print_error(error, "rsip", exit_usage));
  }
  return options_of(flags, up->parsed() ? Command::up : status->parsed() ? Command::status : Command::down);
}

}  // namespace rsip::program
