// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/options.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>

#include "cli/formatter.hpp"
#include "rsip/control_message.hpp"
#include "rsip/exit.hpp"
#include "rsip/lease_flags.hpp"

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
  std::string ike_port = "assigned";
  std::string strongswan;
  std::string psk_file;
  std::uint32_t table = host::default_table;
  std::uint32_t rule_priority = host::default_priority;
  bool default_route = false;
  bool follow_sas = false;
  std::string seccomp = "on";
  bool foreground = false;
  LeaseFlags up;
  LeaseFlags assign;
  LeaseFlags listen;
  std::uint32_t bind = 0;
  std::vector<std::string> places;
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

std::string check_place(const std::string& text) {
  return host::parse_place(text) ? "" : "'" + text + "' is not an address, a prefix without host bits, or a name";
}

std::string check_gateway(const std::string& text) {
  return host::parse_gateway(text) ? "" : "'" + text + "' is not an IPv4 address or a name";
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
  up.add_option("--gateway", flags.gateway,
                "The gateway in the private realm; without it, the next hop of the default route")
      ->check(CLI::Validator(check_gateway, ""))
      ->type_name("ADDR|NAME");
  up.add_option("--gateway-port", flags.gateway_port, "The gateway's TCP or UDP port")
      ->check(unnamed(CLI::Range(1, 65535)))
      ->type_name("PORT")
      ->default_str("4555");
  CLI::Option* tcp = up.add_flag("--tcp", flags.tcp, "Speak to the gateway over TCP (default)");
  up.add_flag("--udp", flags.udp, "Speak to the gateway over UDP")->excludes(tcp);
  add_up_lease(up, flags.up);
  up.add_option("--ike-port", flags.ike_port,
                "assigned: IKE uses the first two leased ports; 500: it keeps ports 500 and 4500; prefix: so it does, "
                "with a leased prefix in its cookies")
      ->check(unnamed(CLI::IsMember({"assigned", "500", "prefix"})))
      ->type_name("assigned|500|prefix")
      ->default_str("assigned");
  up.add_option("--strongswan", flags.strongswan, "Write the lease as a snippet for strongswan.conf")
      ->type_name("FILE");
  up.add_flag("--follow-sas", flags.follow_sas,
              "Lease the SPI of each inbound SA, for IKE daemons that choose SPIs themselves; --spis is 1 then");
  up.add_option("--psk-file", flags.psk_file, "File with the key that this host and the gateway share")
      ->type_name("FILE");
  up.add_flag("--default-route", flags.default_route, "Send all of this host's traffic through the tunnel");
  up.add_option("--table", flags.table, "Routing table of the tunnel, one per device; a second tunnel takes the next")
      ->check(unnamed(CLI::Range(std::uint32_t{1}, UINT32_MAX)))
      ->type_name("N")
      ->capture_default_str();
  up.add_option("--rule-priority", flags.rule_priority,
                "Priority of the tunnel's routing rule; a second tunnel takes the one below, --default-route the "
                "next four")
      ->check(unnamed(CLI::Range(1 + host::rules_below, 32765 - host::rules_above)))
      ->type_name("N")
      ->capture_default_str();
  up.add_option("--seccomp", flags.seccomp, "Let the kernel refuse system calls that rsip has no use for")
      ->check(unnamed(CLI::IsMember({"on", "off"})))
      ->type_name("on|off")
      ->capture_default_str();
  up.add_flag("--foreground", flags.foreground, "Stay in the foreground and log to stderr");
  up.add_option("--log-level", flags.log_level, "How much to log: debug, info, warning, error or off")
      ->check(unnamed(CLI::IsMember({"debug", "info", "warning", "error", "off"})))
      ->type_name("LEVEL")
      ->capture_default_str();
}

/// What no single flag shows to be wrong; empty if nothing is.
std::string contradiction(const Flags& flags, Command command) {
  if (command == Command::assign) return contradiction(flags.assign);
  if (command != Command::up) return {};
  if (std::string wrong = contradiction(flags.up); !wrong.empty()) return wrong;
  const host::Wish wish = wish_of(flags.up);
  if (!flags.strongswan.empty() && wish.kind == host::Kind::rsa_ip) {
    return "--strongswan is not needed with --method rsa-ip: charon may use any port and SPI";
  }
  if (flags.follow_sas && wish.kind == host::Kind::rsa_ip) {
    return "--follow-sas is not needed with --method rsa-ip: all SPIs of the address are this host's";
  }
  const bool assigned = !flags.strongswan.empty() && flags.ike_port == "assigned";
  if (assigned && wish.ports < 2) return "--ike-port assigned needs --ports 2 or more (or use --ike-port 500)";
  if (flags.ike_port == "prefix" && wish.kind != host::Kind::rsipsec) {
    return "--ike-port prefix is for a lease with SPIs (--method rsipsec)";
  }
  // 253 to 255 are the kernel's own; the next one is for a second tunnel.
  if (flags.table >= 252 && flags.table <= 255) {
    return "--table " + std::to_string(flags.table) + " or the next one is the kernel's own";
  }
  return {};
}

host::IkePort ike_port_of(const std::string& text) {
  if (text == "prefix") return host::IkePort::prefix;
  return text == "500" ? host::IkePort::well_known : host::IkePort::assigned;
}

Options options_of(const Flags& flags, Command command) {
  Options options;
  options.command = command;
  options.device = flags.device;
  options.runtime_dir = flags.runtime_dir;
  options.log_level = log_levels().at(flags.log_level);
  options.json = flags.json;
  if (command == Command::assign) options.wish = wish_of(flags.assign);
  if (command == Command::listen) options.wish = listen_wish_of(flags.listen);
  options.bind = BindId{flags.bind};
  for (const std::string& text : flags.places) {
    if (const std::optional<host::Place> place = host::parse_place(text)) options.places.push_back(*place);
  }
  if (command != Command::up) return options;
  UpOptions& up = options.up;
  up.gateway = host::parse_gateway(flags.gateway).value_or(host::DefaultRouter{});
  up.gateway_port = flags.gateway_port;
  up.protocol = flags.udp ? host::Protocol::udp : host::Protocol::tcp;
  up.wish = wish_of(flags.up);
  up.ike_port = ike_port_of(flags.ike_port);
  up.wish.cookie_prefix = up.ike_port == host::IkePort::prefix;
  if (!flags.strongswan.empty()) up.strongswan = std::filesystem::absolute(flags.strongswan).string();
  up.psk_file = flags.psk_file;
  up.follow_sas = flags.follow_sas;
  // The IKE daemon uses none of those that may be any; one is the least that RFC 3104 section 6.2 allows.
  if (up.follow_sas && up.wish.kind == host::Kind::rsipsec && !flags.up.spis) up.wish.spis = 1;
  up.table = flags.table;
  up.rule_priority = flags.rule_priority;
  up.default_route = flags.default_route;
  up.seccomp = flags.seccomp == "on";
  up.foreground = flags.foreground;
  return options;
}

std::map<CLI::App*, Command> add_commands(CLI::App& app, Flags& flags) {
  CLI::App* up = app.add_subcommand("up", "Register, lease, and set up tunnel and routing; renews until down");
  add_up(*up, flags);
  CLI::App* status = app.add_subcommand("status", "Show the leases");
  CLI::App* down = app.add_subcommand("down", "Give the leases back and remove everything up made");
  CLI::App* assign = app.add_subcommand("assign", "Lease a further binding while up");
  add_assign_lease(*assign, flags.assign);
  CLI::App* listen = app.add_subcommand("listen", "Lease ports for a server while up (LISTEN_REQUEST)");
  add_listen_lease(*listen, flags.listen);
  CLI::App* free = app.add_subcommand("free", "Give back what assign or listen leased");
  free->add_option("BIND", flags.bind, "The bind ID that assign, listen and status show")->required()->type_name("");
  CLI::App* query = app.add_subcommand("query", "Ask the gateway what is on this side of it, while up");
  query->add_option("PLACE", flags.places, "Addresses, prefixes and names; without any, all that the gateway tells")
      ->check(CLI::Validator(check_place, ""))
      ->expected(0, static_cast<int>(max_places))
      ->type_name("");
  for (CLI::App* command : {up, status, assign, listen, free, query}) add_json(*command, flags);
  for (CLI::App* command : {up, status, down, assign, listen, free, query}) add_common(*command, flags);
  return {{up, Command::up},         {status, Command::status}, {down, Command::down},  {assign, Command::assign},
          {listen, Command::listen}, {free, Command::free},     {query, Command::query}};
}

}  // namespace

tl::expected<Options, int> parse_options(int argc, const char* const* argv) {
  Flags flags;
  CLI::App app("Leases a public address, ports and IPsec SPIs from a Realm Specific IP gateway (RFC 3103, 3104).",
               "rsip");
  cli::set_up(app, "rsip " RSIP_VERSION);
  app.set_help_all_flag("--help-all", "Print this help for all commands and exit");
  app.require_subcommand(1);
  const std::map<CLI::App*, Command> commands = add_commands(app, flags);
  Command command = Command::up;
  try {
    app.parse(argc, argv);
    command = commands.at(app.get_subcommands().front());
    if (const std::string wrong = contradiction(flags, command); !wrong.empty()) throw CLI::ValidationError(wrong);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return tl::unexpected(app.exit(error));
    return tl::unexpected(cli::print_error(error, "rsip", exit_usage));
  }
  return options_of(flags, command);
}

}  // namespace rsip::program
