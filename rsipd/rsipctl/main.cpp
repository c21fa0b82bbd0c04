// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/formatter.hpp"
#include "rsipctl/verbs.hpp"

namespace {

using namespace rsip;

/// The command line: each command with its flags, and what it does.
class CommandLine {
 public:
  CommandLine() {
    cli::set_up(app_, "rsipctl " RSIP_VERSION);
    app_.require_subcommand(1);
    add("status", "Show how rsipd is: since when, how many hosts and bindings",
        [this] { return ctl::status(options_); });
    add("hosts", "List the hosts: what each holds, and its traffic", [this] { return ctl::hosts(options_); });
    CLI::App* bindings = add("bindings", "List the bindings: host, address, ports, SPIs, remotes, time left", [this] {
      return kernel_ ? ctl::kernel_bindings(options_, host_) : ctl::bindings(options_, host_);
    });
    bindings->add_option("--host", host_, "Only those of this host")->type_name("ADDR");
    bindings->add_flag("--kernel", kernel_, "Read the kernel's tables, without rsipd");
    CLI::App* show = add("show", "Show all about one binding", [this] { return ctl::show(options_, host_, *bind_); });
    add_host(*show);
    add_bind(*show, "Its bind ID; each host counts its own")->required();
    add("pools", "Show how much of each public address is in use", [this] { return ctl::pools(options_); });
    CLI::App* revoke = add("revoke", "End what a host holds, at once; the host is told",
                           [this] { return ctl::revoke(options_, host_, bind_); });
    add_host(*revoke);
    add_bind(*revoke, "Only this binding; default: its registration, too");
    CLI::App* drain = add("drain", "Give no new leases; those there are can be extended",
                          [this] { return ctl::drain(options_, !off_); });
    drain->add_flag("--off", off_, "Give new leases again");
    CLI::App* watch = add("watch", "Print events as they happen, a line of JSON each",
                          [this] { return table_ ? ctl::top(options_) : ctl::watch(options_); });
    watch->add_flag("--table", table_, "Show the busiest hosts instead, anew every 2 seconds");
    CLI::App* who = add("who", "Tell who had a port or an SPI at some time, from the journal's history",
                        [this] { return ctl::who(options_, address_, number_, time_); });
    who->add_option("address", address_, "The public address")->type_name("ADDR")->required();
    who->add_option("number", number_, "A port, or an SPI in hexadecimal, such as 0x1000")
        ->type_name("PORT|SPI")
        ->required();
    who->add_option("time", time_, "A date such as 2026-11-25T12:30:00Z, without the Z of local time; @UNIX; or now")
        ->type_name("TIME")
        ->required();
    add("diff", "Compare the leases with the kernel's tables; exit status 1 if they differ",
        [this] { return ctl::diff(options_); });
    add("metrics", "Print the metrics that Prometheus is told", [this] { return ctl::metrics(options_); });
    add("doctor", "Look for what is in the way: firewalls, NAT, settings, addresses; say what to change",
        [this] { return ctl::doctor(options_); });
    add("counters", "List what was dropped or queued, and why; reads the kernel",
        [this] { return ctl::kernel_counters(options_); });
    add("remove", "Take out of the kernel what an rsipd that has ended left there: tunnels, tables",
        [this] { return ctl::remove(options_); });
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& success) {
      return app_.exit(success);
    } catch (const CLI::ParseError& problem) {
      return cli::print_error(problem, "rsipctl", ctl::exit_usage);
    }
    return action_();
  }

 private:
  CLI::App* add(const std::string& name, const std::string& text, const std::function<int()>& action) {
    CLI::App* command = app_.add_subcommand(name, text);
    command->add_flag("--json", options_.json, "Print JSON");
    command->add_option("--control", options_.control, "Socket of rsipd")->type_name("PATH")->capture_default_str();
    command->callback([this, action] { action_ = action; });
    return command;
  }

  void add_host(CLI::App& command) {
    command.add_option("host", host_, "The host's private address")->type_name("ADDR")->required();
  }

  CLI::Option* add_bind(CLI::App& command, const std::string& text) {
    return command.add_option("bind", bind_, text)->type_name("N");
  }

  CLI::App app_{"Shows and changes what the RSIP gateway has in force.", "rsipctl"};
  ctl::Options options_;
  std::string host_;
  std::string address_;
  std::string number_;
  std::string time_;
  std::optional<std::uint32_t> bind_;
  bool kernel_ = false;
  bool off_ = false;
  bool table_ = false;
  std::function<int()> action_;
};

}  // namespace

int main(int argc, char** argv) {
  try {
    return CommandLine().run(argc, argv);
  } catch (const nlohmann::json::exception& error) {
    std::cerr << "rsipctl: rsipd and rsipctl are not of the same version: " << error.what() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "rsipctl: " << error.what() << '\n';
  }
  return ctl::exit_failure;
}
