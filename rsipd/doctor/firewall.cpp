// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/firewall.hpp"

#include <algorithm>
#include <cctype>

namespace rsip::doctor {

namespace {

/// Packets of one purpose, that one rule lets pass.
struct Kind {
  std::string what;
  std::vector<Packet> packets;
  std::string nft;                    ///< the rule as nft has it, without its verdict
  std::vector<std::string> iptables;  ///< without chain and target
  std::string firewalld;              ///< the whole command
};

std::string joined(const std::vector<std::string>& texts, const std::string& between) {
  std::string text;
  for (const std::string& each : texts) text += (text.empty() ? "" : between) + each;
  return text;
}

std::string name_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::icmp:
      return "ICMP";
    case Protocol::ip_ip:
      return "IP-IP";
    case Protocol::tcp:
      return "TCP";
    case Protocol::udp:
      return "UDP";
    case Protocol::gre:
      return "GRE";
    case Protocol::esp:
      return "ESP";
    case Protocol::ah:
      return "AH";
  }
  return "";
}

Protocol protocol_of(TunnelType tunnel) {
  return tunnel == TunnelType::gre ? Protocol::gre : Protocol::ip_ip;
}

constexpr Protocol transports[] = {Protocol::tcp, Protocol::udp};
constexpr Protocol leased[] = {Protocol::tcp, Protocol::udp, Protocol::esp, Protocol::ah, Protocol::icmp};

std::string zone_of(const std::string& interface) {
  return "firewall-cmd --permanent --zone=$(firewall-cmd --get-zone-of-interface=" + interface + ") ";
}

constexpr const char* reload = " && firewall-cmd --reload";
constexpr const char* trust_tunnels =
    "firewall-cmd --permanent --zone=trusted --add-interface=rsip+ && firewall-cmd --reload";

Kind requests(const Network& network, std::uint16_t port) {
  const std::string number = std::to_string(port);
  Kind kind{"requests to rsipd from " + network.interface,
            {},
            "iifname \"" + network.interface + "\" meta l4proto { tcp, udp } th dport " + number,
            {},
            zone_of(network.interface) + "--add-port=" + number + "/tcp --add-port=" + number + "/udp" + reload};
  for (const Protocol protocol : transports) {
    kind.packets.push_back({.what = name_of(protocol),
                            .hooks = {"prerouting", "input"},
                            .in = network.interface,
                            .out = {},
                            .protocol = protocol,
                            .source = network.prefix,
                            .destination_port = port});
    kind.iptables.push_back("-i " + network.interface + " -p " + (protocol == Protocol::tcp ? "tcp" : "udp") +
                            " --dport " + number);
  }
  return kind;
}

Kind answers(const Network& network, std::uint16_t port) {
  const std::string number = std::to_string(port);
  Kind kind{"answers of rsipd to " + network.interface,
            {},
            "oifname \"" + network.interface + "\" meta l4proto { tcp, udp } th sport " + number,
            {},
            "no zone of firewalld does so by itself: see firewall-cmd --list-all-policies"};
  for (const Protocol protocol : transports) {
    kind.packets.push_back({.what = name_of(protocol),
                            .hooks = {"output", "postrouting"},
                            .in = {},
                            .out = network.interface,
                            .protocol = protocol,
                            .destination = network.prefix,
                            .source_port = port,
                            .state = "established"});
    kind.iptables.push_back("-o " + network.interface + " -p " + (protocol == Protocol::tcp ? "tcp" : "udp") +
                            " --sport " + number);
  }
  return kind;
}

/// Conntrack knows both directions of a tunnel as one connection; it may have forgotten it.
Kind tunnels(const Network& network, const std::vector<TunnelType>& types, bool to_hosts) {
  const char* device = to_hosts ? "oifname \"" : "iifname \"";
  Kind kind{to_hosts ? "tunnels to hosts on " + network.interface : "tunnels from hosts on " + network.interface,
            {},
            device + network.interface + "\" ip protocol { 4, 47 }",
            {},
            to_hosts ? "no zone of firewalld does so by itself: see firewall-cmd --list-all-policies"
                     : zone_of(network.interface) + "--add-protocol=ipencap --add-protocol=gre" + reload};
  for (const TunnelType type : types) {
    const Protocol protocol = protocol_of(type);
    Packet packet{.what = name_of(protocol), .hooks = {"prerouting", "input"}, .in = network.interface};
    packet.protocol = protocol;
    if (to_hosts) {
      packet.hooks = {"output", "postrouting"};
      std::swap(packet.in, packet.out);
      packet.destination = network.prefix;
    } else {
      packet.source = network.prefix;
    }
    kind.packets.push_back(packet);
    kind.iptables.push_back((to_hosts ? "-o " : "-i ") + network.interface + " -p " +
                            std::to_string(static_cast<int>(protocol)));
  }
  return kind;
}

/// Policed already, and untracked.
Kind from_hosts(const Settings& settings, const std::string& interface, Ipv4 address) {
  Kind kind{"what hosts send to " + interface,
            {},
            "iifname \"rsip*\" oifname \"" + interface + "\"",
            {"-i rsip+ -o " + interface},
            trust_tunnels};
  for (const Protocol protocol : leased) {
    Packet packet{.what = name_of(protocol),
                  .hooks = {"prerouting", "forward", "postrouting"},
                  .in = "rsip*",
                  .out = interface,
                  .protocol = protocol,
                  .source = Prefix{address, 32},
                  .state = "untracked"};
    if (!settings.ports.empty()) packet.source_port = number(settings.ports.front().first);
    kind.packets.push_back(packet);
  }
  return kind;
}

/// What the slow path steers: `dup` sends it as this machine's own.
Kind to_hosts(Ipv4 address) {
  Kind kind{"packets for hosts that go the slow path (fragments, ICMP, what is bigger than the tunnel)",
            {},
            "oifname \"rsip*\"",
            {"-o rsip+"},
            trust_tunnels};
  for (const Protocol protocol : leased) {
    kind.packets.push_back({.what = name_of(protocol),
                            .hooks = {"output", "postrouting"},
                            .in = {},
                            .out = "rsip*",
                            .protocol = protocol,
                            .destination = Prefix{address, 32},
                            .state = "untracked"});
  }
  return kind;
}

std::vector<Kind> all_kinds(const Settings& settings, const std::vector<Network>& networks) {
  std::vector<Kind> kinds;
  for (const Network& network : networks) {
    for (const std::uint16_t port : settings.listen) {
      kinds.push_back(requests(network, port));
      kinds.push_back(answers(network, port));
    }
    kinds.push_back(tunnels(network, settings.tunnels, false));
    kinds.push_back(tunnels(network, settings.tunnels, true));
  }
  const std::vector<Ipv4>& pool = settings.pool.empty() ? settings.exclusive_pool : settings.pool;
  if (pool.empty()) return kinds;
  for (const std::string& interface : settings.public_interfaces) {
    kinds.push_back(from_hosts(settings, interface, pool.front()));
  }
  kinds.push_back(to_hosts(pool.front()));
  return kinds;
}

/// As iptables makes them: FORWARD of table filter.
bool is_of_iptables(const Chain& chain) {
  return chain.family == "ip" && !chain.name.empty() &&
         std::ranges::all_of(chain.name, [](unsigned char letter) { return std::isupper(letter) != 0; });
}

std::string remedy_for(const Chain& chain, const Kind& kind) {
  if (chain.table == "firewalld") return kind.firewalld;
  if (!is_of_iptables(chain)) {
    return "nft insert rule " + chain.family + " " + chain.table + " " + chain.name + " " + kind.nft + " accept";
  }
  std::vector<std::string> commands;
  for (const std::string& rule : kind.iptables) {
    commands.push_back("iptables" + (chain.table == "filter" ? std::string() : " -t " + chain.table) + " -I " +
                       chain.name + " " + rule + " -j ACCEPT");
  }
  return joined(commands, " && ");
}

/// One finding for each chain, whichever of the packets it drops.
void judge(const Ruleset& ruleset, const Kind& kind, std::vector<Finding>& findings) {
  struct Dropped {
    std::vector<std::string> protocols;
    bool certain = false;
  };
  std::map<const Chain*, Dropped> by_chain;
  for (const Packet& packet : kind.packets) {
    for (const Obstacle& obstacle : ruleset.obstacles(packet)) {
      Dropped& dropped = by_chain[obstacle.chain];
      dropped.protocols.push_back(packet.what);
      dropped.certain |= obstacle.certain;
    }
  }
  for (const auto& [chain, dropped] : by_chain) {
    findings.push_back({chain->title() + (dropped.certain ? " drops " : " may drop ") + kind.what + ": " +
                            joined(dropped.protocols, ", "),
                        remedy_for(*chain, kind), dropped.certain});
  }
}

}  // namespace

std::vector<Finding> firewall_findings(const Ruleset& ruleset, const Settings& settings,
                                       const std::vector<Network>& networks) {
  std::vector<Finding> findings;
  for (const Kind& kind : all_kinds(settings, networks)) judge(ruleset, kind, findings);
  return findings;
}

}  // namespace rsip::doctor
