// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "cli/formatter.hpp"
#include "daemon/exit_code.hpp"

namespace rsip {

namespace {

[[noreturn]] void reject(const std::string& flag, const std::string& text, const std::string& wanted) {
  throw CLI::ValidationError(flag, "'" + text + "' is not " + wanted);
}

/// A decimal number, or a hexadecimal one with 0x.
std::optional<std::uint32_t> parse_number(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "LOW-HIGH", both within [least, most].
template <typename Id>
Run<Id> parse_range(const std::string& flag, const std::string& text, std::uint32_t least, std::uint32_t most,
                    const std::string& wanted) {
  const std::size_t dash = text.find('-');
  if (dash == std::string::npos) reject(flag, text, wanted);
  const std::optional<std::uint32_t> low = parse_number(std::string_view(text).substr(0, dash));
  const std::optional<std::uint32_t> high = parse_number(std::string_view(text).substr(dash + 1));
  if (!low || !high || *low < least || *high > most || *low > *high) reject(flag, text, wanted);
  return {static_cast<Id>(*low), *high - *low + 1};
}

std::vector<Prefix> parse_prefixes(const std::string& flag, const std::vector<std::string>& texts) {
  std::vector<Prefix> prefixes;
  for (const std::string& text : texts) {
    const std::optional<Prefix> prefix = parse_prefix(text);
    if (!prefix) reject(flag, text, "an IPv4 prefix such as 10.0.0.0/8, its host bits zero");
    prefixes.push_back(*prefix);
  }
  return prefixes;
}

/// "interface:NAME" takes it out of `texts`.
std::vector<std::string> take_interfaces(std::vector<std::string>& texts) {
  constexpr std::string_view prefix = "interface:";
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    if (text.starts_with(prefix)) names.push_back(text.substr(prefix.size()));
  }
  std::erase_if(texts, [&](const std::string& text) { return text.starts_with(prefix); });
  return names;
}

std::vector<Ipv4> parse_pool(const std::string& flag, const std::vector<std::string>& texts) {
  std::vector<Ipv4> pool;
  for (const std::string& text : texts) {
    const std::optional<Ipv4> address = parse_ipv4(text);
    if (!address) reject(flag, text, "an IPv4 address such as 198.51.100.1");
    if (std::find(pool.begin(), pool.end(), *address) != pool.end()) {
      throw CLI::ValidationError(flag, text + " is there twice");
    }
    pool.push_back(*address);
  }
  return pool;
}

/// "macro" for all hosts, "macro@10.0.8.0/24" for some. `words` gives the values their names.
template <typename Value>
std::vector<gateway::For<Value>> parse_policies(const std::string& flag, const std::vector<std::string>& texts,
                                                const std::map<std::string, Value>& words) {
  std::vector<gateway::For<Value>> policies;
  for (const std::string& text : texts) {
    const std::size_t at = text.find('@');
    const auto word = words.find(text.substr(0, at));
    std::optional<Prefix> hosts = Prefix{Ipv4{0}, 0};
    if (at != std::string::npos) hosts = parse_prefix(std::string_view(text).substr(at + 1));
    if (word == words.end() || !hosts) reject(flag, text, "a policy such as macro or macro@10.0.8.0/24");
    policies.push_back({*hosts, word->second});
  }
  return policies;
}

std::vector<TunnelType> parse_tunnels(const std::vector<std::string>& texts) {
  std::vector<TunnelType> types;
  for (const std::string& text : texts) {
    if (text != "ipip" && text != "gre") reject("--tunnel", text, "ipip or gre");
    const TunnelType type = text == "gre" ? TunnelType::gre : TunnelType::ip_ip;
    if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
  }
  return types;
}

bool overlap(const Run<Port>& one, const Run<Port>& other) {
  return one.first <= other.last() && other.first <= one.last();
}

/// What single flags cannot tell.
void check_together(const Options& options) {
  const lease::Config& lease = options.lease;
  if (lease.lease > lease.max_lease) throw CLI::ValidationError("--lease", "is longer than --max-lease");
  if (lease.listen_ports && overlap(lease.ports, *lease.listen_ports)) {
    throw CLI::ValidationError("--listen-ports", "has ports of --ports; hosts may listen on those in any case");
  }
  for (const Ipv4 address : lease.exclusive_pool) {
    if (std::find(lease.pool.begin(), lease.pool.end(), address) != lease.pool.end()) {
      throw CLI::ValidationError("--exclusive-pool", to_string(address) + " is in --pool, whose addresses are shared");
    }
  }
  for (const std::string& name : options.pool_interfaces) {
    if (std::ranges::count(options.public_interfaces, name) == 0) {
      throw CLI::ValidationError("--pool", "interface:" + name + " is no --public-interface");
    }
    if (std::ranges::count(options.pool_interfaces, name) > 1) {
      throw CLI::ValidationError("--pool", "interface:" + name + " is there twice");
    }
  }
  const bool restricts = !options.policy.remote_allow.empty() || !options.policy.remote_deny.empty();
  if (restricts && options.policy.remote.empty()) {
    throw CLI::ValidationError("--remote-allow, --remote-deny",
                               "need --remote-policy macro or micro: without it hosts name no remotes");
  }
}

/// "ADDR:PORT", or "ADDR" where there is a default port.
std::optional<Listen> parse_endpoint(const std::string& text, std::optional<std::uint32_t> port = {}) {
  const std::size_t colon = text.find(':');
  const std::optional<Ipv4> address = parse_ipv4(std::string_view(text).substr(0, colon));
  if (colon != std::string::npos) port = parse_number(std::string_view(text).substr(colon + 1));
  if (!address || !port || *port == 0 || *port > 65535) return std::nullopt;
  return Listen{*address, static_cast<std::uint16_t>(*port)};
}

Listen parse_listen(const std::string& text) {
  const std::optional<Listen> listen = parse_endpoint(text, 4555);
  if (!listen) reject("--listen", text, "ADDR or ADDR:PORT, such as 10.0.0.1:4555");
  return *listen;
}

/// Seconds, at least `least`.
CLI::Option* add_seconds(CLI::App& app, const std::string& flag, LeaseTime& into, std::uint32_t least,
                         const std::string& help) {
  return app
      .add_option_function<std::uint32_t>(
          flag, [&into](std::uint32_t seconds) { into = LeaseTime{seconds}; }, help)
      ->check(CLI::Range(least, std::numeric_limits<std::uint32_t>::max() / 2).description(""))
      ->type_name("SECONDS")
      ->default_str(std::to_string(into.count()));
}

CLI::Option* add_limit(CLI::App& app, const std::string& flag, std::uint32_t& into, const std::string& help,
                       std::uint32_t most = 10'000'000) {
  return app.add_option(flag, into, help)
      ->check(CLI::Range(std::uint32_t{1}, most).description(""))
      ->type_name("N")
      ->capture_default_str();
}

/// One of a few words.
CLI::Validator one_of(const std::vector<std::string>& words) {
  return {[words](std::string& text) {
            if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
            std::string wanted;
            for (const std::string& word : words) wanted += (wanted.empty() ? "" : ", ") + word;
            return "'" + text + "' is not one of " + wanted;
          },
          ""};
}

/// Flags as they are written, for those that are read when all are there.
struct Raw {
  std::vector<std::string> pool;
  std::vector<std::string> exclusive_pool;
  std::vector<std::string> own_ike;
  std::vector<std::string> listen;
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  std::vector<std::string> ipsec_allow;
  std::vector<std::string> listen_allow;
  std::vector<std::string> tunnels;
  std::vector<std::string> local_policy;
  std::vector<std::string> remote_policy;
  std::vector<std::string> remote_allow;
  std::vector<std::string> remote_deny;
  std::vector<std::string> local_networks;
  LeaseTime hold{};
  LeaseTime idle_timeout{};
  bool no_udp = false;
};

/// Interfaces, and what there is to lease.
void add_pools(CLI::App& app, Options& options, Raw& raw) {
  app.add_option("--private-interface", options.private_interfaces, "Interface towards the hosts; repeatable")
      ->type_name("IF")
      ->required();
  app.add_option("--public-interface", options.public_interfaces, "Interface towards the public realm; repeatable")
      ->type_name("IF")
      ->required();
  app.add_option("--pool", raw.pool,
                 "Public addresses to share among hosts, or public interfaces whose address to follow; repeatable")
      ->type_name("ADDR|interface:IF[,...]")
      ->delimiter(',')
      ->required();
  app.add_option_function<std::string>(
         "--ports",
         [&options](const std::string& text) {
           options.lease.ports = parse_range<Port>("--ports", text, 1, 65535, "LOW-HIGH within 1-65535");
         },
         "Ports to lease of every address; keep them out of this machine's own use")
      ->type_name("LOW-HIGH")
      ->default_str("20000-59999");
  app.add_option_function<std::string>(
         "--spis",
         [&options](const std::string& text) {
           options.lease.spis = parse_range<Spi>("--spis", text, 256, 0xffffffff, "LOW-HIGH within 0x100-0xffffffff");
         },
         "SPIs to lease of every address; this machine's own IPsec uses others")
      ->type_name("LOW-HIGH")
      ->default_str("0x10000000-0x1fffffff");
  app.add_option_function<std::string>(
         "--suggested-spis",
         [&options](const std::string& text) {
           options.lease.suggested_spis.reset();
           if (text == "none") return;
           options.lease.suggested_spis =
               parse_range<Spi>("--suggested-spis", text, 256, 0xffffffff, "LOW-HIGH within 0x100-0xffffffff, or none");
         },
         "Further SPIs that hosts may name, where neither a lease nor this machine's own IPsec has them")
      ->type_name("LOW-HIGH|none")
      ->default_str("0x100-0xffffffff");
  app.add_option_function<std::string>(
         "--cookie-prefix",
         [&options](const std::string& text) {
           options.lease.prefix_bits = static_cast<std::uint8_t>(std::stoi(text));
         },
         "Bits of the IKE cookie prefixes that hosts on port 500 may have; 0: none are given")
      ->check(one_of({"0", "8", "16", "24", "32"}))
      ->type_name("BITS")
      ->default_str(std::to_string(options.lease.prefix_bits));
  app.add_option("--own-ike", raw.own_ike,
                 "Peers whose IKE with a shared address is this machine's own, not the hosts'; repeatable")
      ->type_name("PREFIX");
  app.add_option("--exclusive-pool", raw.exclusive_pool, "Public addresses to lease as a whole (RSA-IP); repeatable")
      ->type_name("ADDR[,ADDR...]")
      ->delimiter(',');
  app.add_option_function<std::string>(
         "--listen-ports",
         [&options](const std::string& text) {
           options.lease.listen_ports = parse_range<Port>("--listen-ports", text, 1, 65535, "LOW-HIGH within 1-65535");
         },
         "Further ports that hosts may listen on, such as well-known ones; default: none")
      ->type_name("LOW-HIGH");
}

/// Who may have what, and from whom.
void add_policy(CLI::App& app, Options& options, Raw& raw) {
  app.add_option("--listen", raw.listen, "Private addresses to serve; default: the first of each private interface")
      ->type_name("ADDR[:PORT]");
  app.add_option("--allow", raw.allow, "Hosts that may register; default: all on a private interface")
      ->type_name("PREFIX");
  app.add_option("--deny", raw.deny, "Hosts that may not register; stronger than --allow")->type_name("PREFIX");
  app.add_option("--ipsec-allow", raw.ipsec_allow, "Hosts that may use IPsec; default: all that may register")
      ->type_name("PREFIX");
  app.add_option("--listen-allow", raw.listen_allow, "Hosts that may listen on ports; default: all that may register")
      ->type_name("PREFIX");
  app.add_option("--tunnel", raw.tunnels, "Tunnel types to offer, the default one first")
      ->type_name("ipip|gre[,...]")
      ->delimiter(',')
      ->default_str("ipip");
  app.add_option("--local-policy", raw.local_policy, "micro: hosts get one port at a time; repeatable")
      ->type_name("macro|micro[@PREFIX]")
      ->default_str("macro");
  app.add_option("--remote-policy", raw.remote_policy,
                 "Hosts must name the address (macro) or address and port (micro) of each peer; repeatable")
      ->type_name("none|macro|micro[@PREFIX]")
      ->default_str("none");
  app.add_option("--remote-allow", raw.remote_allow, "Peers that hosts may name; default: all")->type_name("PREFIX");
  app.add_option("--remote-deny", raw.remote_deny, "Peers that hosts may not name; stronger than --remote-allow")
      ->type_name("PREFIX");
  app.add_option("--local-network", raw.local_networks,
                 "Networks that hosts reach without RSIP, beside those routed to private interfaces; repeatable")
      ->type_name("PREFIX");
  app.add_option("--psk-file", options.psk_file, "Keys of hosts that must authenticate: lines PREFIX KEY")
      ->type_name("FILE");
}

void add_limits(CLI::App& app, Options& options, Raw& raw) {
  add_seconds(app, "--lease", options.lease.lease, 1, "Lease of a binding where the host suggests none");
  add_seconds(app, "--max-lease", options.lease.max_lease, 1, "Longest lease of a binding");
  add_seconds(app, "--registration-lease", options.lease.registration_lease, 1,
              "Lease of a registration; its bindings prolong it");
  add_seconds(app, "--hold", raw.hold, 0, "How long freed ports and SPIs rest before reuse");
  add_limit(app, "--max-hosts", options.lease.max_hosts, "Hosts registered at a time");
  add_limit(app, "--max-bindings", options.lease.max_bindings, "Bindings of one host");
  add_limit(app, "--max-addresses", options.lease.max_addresses, "Whole addresses of one host");
  add_limit(app, "--max-ports", options.lease.max_ports, "Ports of one host");
  add_limit(app, "--max-spis", options.lease.max_spis, "SPIs of one host");
  add_limit(app, "--max-cookies", options.lease.max_cookies,
            "IKE cookies of one host, or peers where it has a prefix; the least recently used goes first", 1024);
  add_limit(app, "--cookie-rate", options.cookie_rate, "New IKE cookies per second that one host may try", 10'000);
  add_limit(app, "--rate", options.limits.rate,
            "Requests per second of one host, and twice as many at once; more over UDP are dropped, over TCP wait",
            1'000'000);
  add_limit(app, "--max-connections", options.limits.max_connections, "TCP connections of all hosts");
  add_limit(app, "--max-connections-per-host", options.limits.max_connections_per_host,
            "TCP connections of one host; a further one closes its oldest");
  add_seconds(app, "--idle-timeout", raw.idle_timeout, 30,
              "When to close the TCP connection of a silent registered host");
  app.add_flag("--no-udp", raw.no_udp, "Serve TCP only; requests over UDP are answered with USE_TCP");
}

/// How the daemon runs.
void add_operation(CLI::App& app, Options& options) {
  app.add_option("--queue", options.queue, "NFQUEUE for first IKE packets")->type_name("N")->capture_default_str();
  app.add_option("--log-group", options.log_group, "NFLOG group for packets that hosts may not send")
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--control", options.control, "Unix socket for rsipctl")->type_name("PATH")->capture_default_str();
  app.add_option("--control-group", options.control_group, "Group that may use rsipctl; default: root alone")
      ->type_name("NAME");
  app.add_option("--user", options.user, "User to run as after the start; default: rsipd, where there is one")
      ->type_name("NAME");
  app.add_option("--state-dir", options.state_dir, "Directory of the journal, which survives restarts")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option_function<std::uint32_t>(
         "--history", [&options](std::uint32_t days) { options.history = std::chrono::days(days); },
         "How long `rsipctl who` can tell who had what")
      ->check(CLI::Range(0, 3650))
      ->type_name("DAYS")
      ->default_str("30");
  app.add_option_function<std::string>(
         "--seccomp", [&options](const std::string& text) { options.seccomp = text == "on"; },
         "Let the kernel refuse system calls that rsipd has no use for")
      ->check(one_of({"on", "off"}))
      ->type_name("on|off")
      ->default_str("on");
  app.add_option_function<std::string>(
         "--metrics",
         [&options](const std::string& text) {
           options.metrics = parse_endpoint(text);
           if (!options.metrics) reject("--metrics", text, "ADDR:PORT, such as 127.0.0.1:9455");
         },
         "Serve metrics to Prometheus at http://ADDR:PORT/metrics; default: do not")
      ->type_name("ADDR:PORT");
  app.add_option("--metrics-file", options.metrics_file,
                 "Write metrics to this file every 15 seconds, for the node exporter; default: do not")
      ->type_name("PATH");
  app.add_option_function<std::string>(
         "--on-exit",
         [&options](const std::string& text) { options.on_exit = text == "remove" ? OnExit::remove : OnExit::keep; },
         "Leave steering in force until the leases end, or take it out")
      ->check(one_of({"keep", "remove"}))
      ->type_name("keep|remove")
      ->default_str("keep");
  app.add_option_function<std::string>(
         "--heal", [&options](const std::string& text) { options.heal = text == "on"; },
         "Mend what others do to our tables")
      ->check(one_of({"on", "off"}))
      ->type_name("on|off")
      ->default_str("on");
  app.add_option_function<std::string>(
         "--own-tables",
         [&options](const std::string& text) {
           options.own_tables = text == "on" ? OwnTables::on : text == "off" ? OwnTables::off : OwnTables::automatic;
         },
         "Let the kernel refuse what others do to our tables; auto: where it can (Linux 6.9)")
      ->check(one_of({"auto", "on", "off"}))
      ->type_name("auto|on|off")
      ->default_str("auto");
  app.add_option("--log-level", options.log_level, "How much to log")
      ->check(one_of({"debug", "info", "warning", "error"}))
      ->type_name("debug|info|warning|error")
      ->capture_default_str();
  app.add_flag("--check", options.check,
               "Check flags, kernel, interfaces and addresses, print the ruleset that would be loaded, exit");
}

void read(Raw& raw, Options& options) {
  options.pool_interfaces = take_interfaces(raw.pool);
  options.lease.pool = parse_pool("--pool", raw.pool);
  options.lease.exclusive_pool = parse_pool("--exclusive-pool", raw.exclusive_pool);
  for (const std::string& text : raw.listen) options.listen.push_back(parse_listen(text));
  options.policy.allow = parse_prefixes("--allow", raw.allow);
  options.policy.deny = parse_prefixes("--deny", raw.deny);
  options.policy.ipsec_allow = parse_prefixes("--ipsec-allow", raw.ipsec_allow);
  options.policy.listen_allow = parse_prefixes("--listen-allow", raw.listen_allow);
  options.policy.remote_allow = parse_prefixes("--remote-allow", raw.remote_allow);
  options.policy.remote_deny = parse_prefixes("--remote-deny", raw.remote_deny);
  if (!raw.tunnels.empty()) options.policy.tunnels = parse_tunnels(raw.tunnels);
  options.policy.local = parse_policies<wire::LocalPolicy>(
      "--local-policy", raw.local_policy, {{"macro", wire::LocalPolicy::macro}, {"micro", wire::LocalPolicy::micro}});
  options.policy.remote = parse_policies<wire::RemotePolicy>(
      "--remote-policy", raw.remote_policy,
      {{"none", wire::RemotePolicy::none}, {"macro", wire::RemotePolicy::macro}, {"micro", wire::RemotePolicy::micro}});
  options.own_ike = parse_prefixes("--own-ike", raw.own_ike);
  options.local_networks = parse_prefixes("--local-network", raw.local_networks);
  options.lease.hold = raw.hold;
  options.limits.idle_timeout = raw.idle_timeout;
  options.udp = !raw.no_udp;
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CLI::App app{
      "Realm Specific IP gateway: leases ports, SPIs and IKE cookies of shared public addresses to private "
      "hosts (RFC 3102, 3103, 3104).",
      "rsipd"};
  Options options;
  Raw raw;
  raw.hold = LeaseTime{static_cast<std::uint32_t>(options.lease.hold.count())};
  raw.idle_timeout = LeaseTime{static_cast<std::uint32_t>(options.limits.idle_timeout.count())};
  cli::set_up(app, "rsipd " RSIP_VERSION);
  add_pools(app, options, raw);
  add_policy(app, options, raw);
  add_limits(app, options, raw);
  add_operation(app, options);

  try {
    app.parse(argc, argv);
    read(raw, options);
    check_together(options);
  } catch (const CLI::CallForHelp& help) {
    return {std::nullopt, app.exit(help)};
  } catch (const CLI::CallForVersion& version) {
    return {std::nullopt, app.exit(version)};
  } catch (const CLI::ParseError& problem) {
    return {std::nullopt, cli::print_error(problem, "rsipd", exit_usage)};
  }
  return {std::move(options), exit_ok};
}

}  // namespace rsip
