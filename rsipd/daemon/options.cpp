// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <limits>

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

std::vector<Ipv4> parse_pool(const std::vector<std::string>& texts) {
  std::vector<Ipv4> pool;
  for (const std::string& text : texts) {
    const std::optional<Ipv4> address = parse_ipv4(text);
    if (!address) reject("--pool", text, "an IPv4 address such as 198.51.100.1");
    if (std::find(pool.begin(), pool.end(), *address) != pool.end()) {
      throw CLI::ValidationError("--pool", text + " is there twice");
    }
    pool.push_back(*address);
  }
  return pool;
}

Listen parse_listen(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::optional<Ipv4> address = parse_ipv4(std::string_view(text).substr(0, colon));
  std::optional<std::uint32_t> port = 4555;
  if (colon != std::string::npos) port = parse_number(std::string_view(text).substr(colon + 1));
  if (!address || !port || *port == 0 || *port > 65535) {
    reject("--listen", text, "ADDR or ADDR:PORT, such as 10.0.0.1:4555");
  }
  return {*address, static_cast<std::uint16_t>(*port)};
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

CLI::Option* add_limit(CLI::App& app, const std::string& flag, std::uint32_t& into, const std::string& help) {
  return app.add_option(flag, into, help)
      ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{10'000'000}).description(""))
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

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CLI::App app{
      "Realm Specific IP gateway: leases ports, SPIs and IKE cookies of shared public addresses to private "
      "hosts (RFC 3102, 3103, 3104).",
      "rsipd"};
  Options options;
  std::vector<std::string> pool;
  std::vector<std::string> listen;
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  std::vector<std::string> ipsec_allow;
  LeaseTime hold{static_cast<std::uint32_t>(options.lease.hold.count())};

  cli::set_up(app, "rsipd " RSIP_VERSION);

  app.add_option("--private-interface", options.private_interfaces, "Interface towards the hosts; repeatable")
      ->type_name("IF")
      ->required();
  app.add_option("--public-interface", options.public_interfaces, "Interface towards the public realm; repeatable")
      ->type_name("IF")
      ->required();
  app.add_option("--pool", pool, "Public addresses to share among hosts; repeatable")
      ->type_name("ADDR[,ADDR...]")
      ->delimiter(',')
      ->required();
  app.add_option_function<std::string>(
         "--ports",
         [&](const std::string& text) {
           options.lease.ports = parse_range<Port>("--ports", text, 1, 65535, "LOW-HIGH within 1-65535");
         },
         "Ports to lease of every address; keep them out of this machine's own use")
      ->type_name("LOW-HIGH")
      ->default_str("20000-59999");
  app.add_option_function<std::string>(
         "--spis",
         [&](const std::string& text) {
           options.lease.spis = parse_range<Spi>("--spis", text, 256, 0xffffffff, "LOW-HIGH within 0x100-0xffffffff");
         },
         "SPIs to lease of every address; this machine's own IPsec uses others")
      ->type_name("LOW-HIGH")
      ->default_str("0x10000000-0x1fffffff");
  app.add_option("--listen", listen, "Private addresses to serve; default: the first of each private interface")
      ->type_name("ADDR[:PORT]");
  app.add_option("--allow", allow, "Hosts that may register; default: all on a private interface")->type_name("PREFIX");
  app.add_option("--deny", deny, "Hosts that may not register; stronger than --allow")->type_name("PREFIX");
  app.add_option("--ipsec-allow", ipsec_allow, "Hosts that may use IPsec; default: all that may register")
      ->type_name("PREFIX");
  add_seconds(app, "--lease", options.lease.lease, 1, "Lease of a binding where the host suggests none");
  add_seconds(app, "--max-lease", options.lease.max_lease, 1, "Longest lease of a binding");
  add_seconds(app, "--registration-lease", options.lease.registration_lease, 1,
              "Lease of a registration; its bindings prolong it");
  add_seconds(app, "--hold", hold, 0, "How long freed ports and SPIs rest before reuse");
  add_limit(app, "--max-hosts", options.lease.max_hosts, "Hosts registered at a time");
  add_limit(app, "--max-bindings", options.lease.max_bindings, "Bindings of one host");
  add_limit(app, "--max-ports", options.lease.max_ports, "Ports of one host");
  add_limit(app, "--max-spis", options.lease.max_spis, "SPIs of one host");
  add_limit(app, "--max-cookies", options.lease.max_cookies,
            "IKE initiator cookies of one binding; the least recently used goes first");
  app.add_option("--queue", options.queue, "NFQUEUE for first IKE packets")->type_name("N")->capture_default_str();
  app.add_option_function<std::string>(
         "--on-exit",
         [&](const std::string& text) { options.on_exit = text == "remove" ? OnExit::remove : OnExit::keep; },
         "Leave steering in force until the leases end, or take it out")
      ->check(one_of({"keep", "remove"}))
      ->type_name("keep|remove")
      ->default_str("keep");
  app.add_option("--log-level", options.log_level, "How much to log")
      ->check(one_of({"debug", "info", "warning", "error"}))
      ->type_name("debug|info|warning|error")
      ->capture_default_str();
  app.add_flag("--check", options.check,
               "Check flags, kernel, interfaces and addresses, print the ruleset that would be loaded, exit");

  try {
    app.parse(argc, argv);
    options.lease.pool = parse_pool(pool);
    for (const std::string& text : listen) options.listen.push_back(parse_listen(text));
    options.policy.allow = parse_prefixes("--allow", allow);
    options.policy.deny = parse_prefixes("--deny", deny);
    options.policy.ipsec_allow = parse_prefixes("--ipsec-allow", ipsec_allow);
    options.lease.hold = hold;
    if (options.lease.lease > options.lease.max_lease) {
      throw CLI::ValidationError("--lease", "is longer than --max-lease");
    }
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
