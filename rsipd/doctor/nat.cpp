// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "doctor/firewall.hpp"

namespace rsip::doctor {

using nlohmann::json;

namespace {

struct Range {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
};

/// A number or {"range": [low, high]}; nothing where it is neither.
std::optional<Range> range_of(const json& value) {
  if (value.is_number_unsigned()) return Range{value.get<std::uint32_t>(), value.get<std::uint32_t>()};
  if (!value.is_object() || !value.contains("range")) return std::nullopt;
  const json& ends = value["range"];
  if (!ends.is_array() || ends.size() != 2 || !ends[0].is_number_unsigned() || !ends[1].is_number_unsigned()) {
    return std::nullopt;
  }
  return Range{ends[0].get<std::uint32_t>(), ends[1].get<std::uint32_t>()};
}

std::optional<Ipv4> address_of(const json& value) {
  return value.is_string() ? parse_ipv4(value.get_ref<const std::string&>()) : std::nullopt;
}

bool contains(const std::vector<Ipv4>& addresses, Ipv4 address) {
  return std::ranges::find(addresses, address) != addresses.end();
}

/// Whether one of `addresses` may become the source; what the rule says in a way that is not read here may be any.
bool may_give(const json& translation, const std::vector<Ipv4>& addresses) {
  const json address = translation.value("addr", json());
  if (const std::optional<Ipv4> one = address_of(address)) return contains(addresses, *one);
  if (!address.is_object() || !address.contains("range") || address["range"].size() != 2) return !addresses.empty();
  const std::optional<Ipv4> low = address_of(address["range"][0]);
  const std::optional<Ipv4> high = address_of(address["range"][1]);
  if (!low || !high) return !addresses.empty();
  return std::ranges::any_of(addresses, [&](Ipv4 each) { return each >= *low && each <= *high; });
}

/// Whether a leased port may become the source port. Without ports in the rule, any may.
bool may_pick(const json& translation, const std::vector<Run<Port>>& ports) {
  const auto port = translation.find("port");
  const std::optional<Range> picked = port == translation.end() ? std::nullopt : range_of(*port);
  if (!picked) return !ports.empty();
  return std::ranges::any_of(ports, [&](const Run<Port>& run) {
    return number(run.first) <= picked->high && picked->low <= number(run.last());
  });
}

class Judge {
 public:
  Judge(const Settings& settings, const std::vector<Ipv4>& primary) : settings_(settings) {
    for (const Ipv4 address : primary) {
      if (contains(settings.pool, address)) masquerade_shared_ = true;
      if (contains(settings.exclusive_pool, address)) masquerade_whole_ = true;
    }
    std::uint32_t lowest = 65536;
    for (const Run<Port>& run : settings.ports) lowest = std::min<std::uint32_t>(lowest, number(run.first));
    spare_ = lowest > 1024 ? "1024-" + std::to_string(lowest - 1) : "<ports that rsipd does not lease>";
  }

  std::optional<Finding> judge(const Translation& translation) const {
    const json& statement = translation.statement;
    const std::string title = translation.chain->title();
    if (statement.contains("xt")) {
      if (!masquerade_shared_) return std::nullopt;
      return Finding{title + " has an extension of iptables; if it is MASQUERADE or SNAT, it may pick a leased port",
                     "iptables -t nat -A " + translation.chain->name + " ... -p tcp -j MASQUERADE --to-ports " +
                         spare_ + ", and the same for udp, in its stead",
                     false};
    }
    const bool masquerade = statement.contains("masquerade");
    const json& how = masquerade ? statement["masquerade"] : statement["snat"];
    const json options = how.is_object() ? how : json::object();
    if (masquerade ? masquerade_whole_ : may_give(options, settings_.exclusive_pool)) {
      return Finding{title + " gives packets an address that hosts lease as a whole",
                     "use another address there, or take this one out of --exclusive-pool", translation.certain};
    }
    const bool shared = masquerade ? masquerade_shared_ : may_give(options, settings_.pool);
    if (!shared || !may_pick(options, settings_.ports)) return std::nullopt;
    return Finding{
        title + " may pick a leased port for a packet of its own: the answers would go to an RSIP host",
        std::string("there: ip protocol { tcp, udp } ") + (masquerade ? "masquerade to :" : "snat to ADDR:") + spare_,
        translation.certain};
  }

 private:
  const Settings& settings_;
  bool masquerade_shared_ = false;
  bool masquerade_whole_ = false;
  std::string spare_;  ///< ports for NAT
};

}  // namespace

std::vector<Finding> nat_findings(const Ruleset& ruleset, const Settings& settings,
                                  const std::vector<Network>& networks, const std::vector<Ipv4>& primary) {
  const Judge judge(settings, primary);
  std::map<std::string, Finding> findings;  // by what: each protocol and interface may find the same
  for (const Network& network : networks) {
    for (const std::string& interface : settings.public_interfaces) {
      for (const Protocol protocol : {Protocol::tcp, Protocol::udp}) {
        const Packet packet{.what = {},
                            .hooks = {"postrouting"},
                            .in = network.interface,
                            .out = interface,
                            .protocol = protocol,
                            .source = network.prefix};
        for (const Translation& translation : ruleset.translations(packet)) {
          if (std::optional<Finding> finding = judge.judge(translation)) {
            findings.emplace(finding->what, *finding).first->second.certain |= finding->certain;
          }
        }
      }
    }
  }
  std::vector<Finding> list;
  list.reserve(findings.size());
  for (auto& [what, finding] : findings) list.push_back(std::move(finding));
  return list;
}

}  // namespace rsip::doctor
