// SPDX-License-Identifier: GPL-2.0-or-later
// Looks for what keeps packets from RSIP hosts or their answers: firewalls and NAT of others, settings, addresses.
#include <algorithm>
#include <iostream>

#include "doctor/firewall.hpp"
#include "doctor/listing.hpp"
#include "doctor/machine.hpp"
#include "rsipctl/answer.hpp"
#include "rsipctl/control.hpp"

namespace rsip::ctl {

using nlohmann::json;

namespace {

std::vector<Ipv4> addresses_of(const json& list) {
  std::vector<Ipv4> addresses;
  for (const json& text : list) {
    if (const std::optional<Ipv4> address = parse_ipv4(text.get<std::string>())) addresses.push_back(*address);
  }
  return addresses;
}

doctor::Settings settings_of(const json& item) {
  doctor::Settings settings;
  settings.public_interfaces = item.at("public_interfaces").get<std::vector<std::string>>();
  settings.private_interfaces = item.at("private_interfaces").get<std::vector<std::string>>();
  settings.pool = addresses_of(item.at("pool"));
  settings.exclusive_pool = addresses_of(item.at("exclusive_pool"));
  for (const json& run : item.at("ports")) {
    const auto first = run.at("first").get<std::uint16_t>();
    settings.ports.push_back({Port{first}, run.at("last").get<std::uint32_t>() - first + 1});
  }
  settings.listen = item.at("listen").get<std::vector<std::uint16_t>>();
  settings.tunnels.clear();
  for (const json& tunnel : item.at("tunnels")) {
    settings.tunnels.push_back(tunnel == "gre" ? TunnelType::gre : TunnelType::ip_ip);
  }
  return settings;
}

Result<std::vector<doctor::Finding>> look(const doctor::Settings& settings) {
  Result<doctor::Machine> machine = doctor::examine(settings);
  if (!machine) return tl::unexpected(machine.error());
  const Result<json> listing = doctor::list_foreign_tables();
  if (!listing) return tl::unexpected(listing.error());
  const doctor::Ruleset ruleset(*listing);
  std::vector<doctor::Finding> findings = std::move(machine->findings);
  for (auto& found : {doctor::firewall_findings(ruleset, settings, machine->networks),
                      doctor::nat_findings(ruleset, settings, machine->networks, machine->primary)}) {
    findings.insert(findings.end(), found.begin(), found.end());
  }
  return findings;
}

void print(const Options& options, const std::vector<doctor::Finding>& findings) {
  json list = json::array();
  for (const doctor::Finding& finding : findings) {
    list.push_back({{"what", finding.what}, {"remedy", finding.remedy}, {"certain", finding.certain}});
    if (options.json) continue;
    std::cout << (finding.certain ? "WRONG    " : "PERHAPS  ") << finding.what << "\n         " << finding.remedy
              << '\n';
  }
  if (options.json) {
    std::cout << list.dump() << '\n';
  } else if (findings.empty()) {
    std::cout << "Nothing is in the way of RSIP.\n";
  }
}

}  // namespace

int doctor(const Options& options) {
  doctor::Settings settings;
  const Result<void> asked = ask(options.control, {{"command", "settings"}},
                                 [&](const std::string&, const json& item) { settings = settings_of(item); });
  if (!asked) return fail(asked.error());
  const Result<std::vector<doctor::Finding>> findings = look(settings);
  if (!findings) return fail(findings.error());
  print(options, *findings);
  const bool wrong = std::ranges::any_of(*findings, [](const doctor::Finding& finding) { return finding.certain; });
  return wrong ? exit_failure : exit_ok;
}

}  // namespace rsip::ctl
