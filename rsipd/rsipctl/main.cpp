// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/formatter.hpp"
#include "rsipctl/control.hpp"
#include "rsipctl/tables.hpp"

namespace {

using namespace rsip;
using nlohmann::json;

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

std::string join(const std::vector<ctl::Range>& ranges, bool hexadecimal) {
  std::ostringstream text;
  if (hexadecimal) text << std::hex << std::showbase;
  for (const ctl::Range& range : ranges) {
    if (&range != ranges.data()) text << ',';
    text << range.first;
    if (range.last != range.first) text << '-' << range.last;
  }
  return ranges.empty() ? "-" : text.str();
}

std::string hexadecimal(std::uint64_t number) {
  std::ostringstream text;
  text << "0x" << std::hex << std::setw(16) << std::setfill('0') << number;
  return text.str();
}

json to_json(const std::vector<ctl::Range>& ranges) {
  json list = json::array();
  for (const ctl::Range& range : ranges) list.push_back({{"first", range.first}, {"last", range.last}});
  return list;
}

std::string join(const std::vector<ctl::Remote>& remotes) {
  std::string text;
  for (const ctl::Remote& remote : remotes) {
    text += (text.empty() ? "" : ",") + remote.address;
    if (remote.port != 0) text += ":" + std::to_string(remote.port);
  }
  return text;
}

json to_json(const std::vector<ctl::Remote>& remotes) {
  json list = json::array();
  for (const ctl::Remote& remote : remotes) {
    list.push_back({{"address", remote.address}, {"port", remote.port == 0 ? json() : json(remote.port)}});
  }
  return list;
}

/// "ports 40000-40007, SPIs 0x10000010-0x1000001f, cookies 1, remote 198.51.100.2:53"
std::string resources(const ctl::Binding& binding) {
  std::string text = "ports " + join(binding.ports, false) + ", SPIs " + join(binding.spis, true);
  // For one port of a remote, a whole address is TCP and UDP alone.
  const bool by_port = !binding.remotes.empty() && binding.remotes.front().port != 0;
  if (binding.whole) text = std::string("ports all, SPIs ") + (by_port ? "-" : "all");
  text += ", cookies " + std::to_string(binding.cookies.size());
  if (!binding.remotes.empty()) text += ", remote " + join(binding.remotes);
  return text;
}

void print(const std::vector<ctl::Binding>& bindings, bool as_json) {
  if (as_json) {
    json list = json::array();
    for (const ctl::Binding& binding : bindings) {
      json cookies = json::array();
      for (const std::uint64_t cookie : binding.cookies) cookies.push_back(hexadecimal(cookie));
      list.push_back({{"client", std::stoull(binding.client)},
                      {"bind", std::stoull(binding.bind)},
                      {"host", binding.host},
                      {"address", binding.address},
                      {"device", binding.device},
                      {"whole", binding.whole},
                      {"remotes", to_json(binding.remotes)},
                      {"ports", to_json(binding.ports)},
                      {"spis", to_json(binding.spis)},
                      {"cookies", cookies},
                      {"expires", binding.expires}});
    }
    std::cout << list.dump() << '\n';
    return;
  }
  std::cout << std::left << std::setw(16) << "HOST" << std::setw(12) << "CLIENT" << std::setw(6) << "BIND"
            << std::setw(16) << "ADDRESS" << std::setw(16) << "DEVICE" << std::setw(9) << "EXPIRES"
            << "RESOURCES\n";
  for (const ctl::Binding& binding : bindings) {
    std::cout << std::setw(16) << binding.host << std::setw(12) << binding.client << std::setw(6) << binding.bind
              << std::setw(16) << binding.address << std::setw(16) << binding.device << std::setw(9)
              << (std::to_string(binding.expires) + "s") << resources(binding) << '\n';
  }
}

void print(const std::vector<ctl::Counter>& counters, bool as_json) {
  if (as_json) {
    json list = json::array();
    for (const ctl::Counter& counter : counters) {
      list.push_back({{"name", counter.name},
                      {"meaning", counter.meaning},
                      {"packets", counter.packets},
                      {"bytes", counter.bytes}});
    }
    std::cout << list.dump() << '\n';
    return;
  }
  for (const ctl::Counter& counter : counters) {
    std::cout << std::left << std::setw(18) << counter.name << std::right << std::setw(12) << counter.packets
              << " packets  " << counter.meaning << '\n';
  }
}

int fail(const Error& error) {
  std::cerr << "rsipctl: " << error.text() << '\n';
  return exit_failure;
}

int show_bindings(const std::string& host, bool as_json) {
  Result<std::vector<ctl::Binding>> bindings = ctl::bindings();
  if (!bindings) return fail(bindings.error());
  if (!host.empty()) {
    std::erase_if(*bindings, [&host](const ctl::Binding& binding) { return binding.host != host; });
  }
  print(*bindings, as_json);
  return 0;
}

int show_counters(bool as_json) {
  const Result<std::vector<ctl::Counter>> counters = ctl::counters();
  if (!counters) return fail(counters.error());
  print(*counters, as_json);
  return 0;
}

int revoke(const std::string& path, const std::string& host, const std::optional<std::uint32_t>& bind) {
  json request{{"command", "revoke"}, {"host", host}};
  if (bind) request["bind"] = *bind;
  const Result<json> done = ctl::ask(path, request);
  return done ? 0 : fail(done.error());
}

int run(int argc, char** argv) {
  CLI::App app{"Shows what the RSIP gateway has in force, as the kernel has it.", "rsipctl"};
  cli::set_up(app, "rsipctl " RSIP_VERSION);
  app.require_subcommand(1);
  bool as_json = false;
  std::string host;
  CLI::App* bindings =
      app.add_subcommand("bindings", "List the bindings: host, address, ports, SPIs, remotes, time left");
  bindings->add_option("--host", host, "Only those of this host")->type_name("ADDR");
  bindings->add_flag("--json", as_json, "Print JSON");
  CLI::App* counters = app.add_subcommand("counters", "List what was dropped or queued, and why");
  counters->add_flag("--json", as_json, "Print JSON");
  std::string path = "/run/rsipd/control.sock";
  std::optional<std::uint32_t> bind;
  CLI::App* revocation = app.add_subcommand("revoke", "End what a host holds, at once; the host is told");
  revocation->add_option("host", host, "The host's private address")->type_name("ADDR")->required();
  revocation->add_option("--bind", bind, "Only this binding; default: its registration, too")->type_name("N");
  revocation->add_option("--control", path, "Socket of rsipd")->type_name("PATH")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& problem) {
    return cli::print_error(problem, "rsipctl", exit_usage);
  }
  if (*revocation) return revoke(path, host, bind);
  return *bindings ? show_bindings(host, as_json) : show_counters(as_json);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const nlohmann::json::exception& error) {
    std::cerr << "rsipctl: the tables named rsip are not as rsipd makes them (restart rsipd): " << error.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "rsipctl: " << error.what() << '\n';
  }
  return exit_failure;
}
