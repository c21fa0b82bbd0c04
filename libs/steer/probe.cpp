// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/probe.hpp"

#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <optional>
#include <string_view>

#include "netlink/socket.hpp"
#include "steer/ruleset.hpp"

namespace rsip::steer {
namespace {

struct RulesFeature {
  const char* feature;
  const char* rules;
  const char* remedy;
};

// The first one fails alone where there is no nf_tables at all.
constexpr RulesFeature rules_features[] = {
    {"nf_tables", "table ip rsip_probe\n", "modprobe nf_tables"},
    {"nf_tables: maps of interface indexes with timeouts",
     "table ip rsip_probe {\n map m { typeof ip daddr . th dport : meta iif; flags timeout; }\n}\n",
     "needs Linux 5.10 or later"},
    {"nf_tables: hook at the ingress of an interface",
     "table netdev rsip_probe {\n chain c {\n  type filter hook ingress device \"lo\" priority 0; policy accept;\n "
     "}\n}\n",
     "needs a kernel with CONFIG_NF_TABLES_NETDEV and CONFIG_NETFILTER_INGRESS"},
    {"nf_tables: fwd", "table netdev rsip_probe {\n chain c {\n  fwd ip to 127.0.0.1 device \"lo\"\n }\n}\n",
     "modprobe nft_fwd_netdev"},
    {"nf_tables: dup", "table ip rsip_probe {\n chain c {\n  dup to 127.0.0.1 device \"lo\"\n }\n}\n",
     "modprobe nft_dup_ipv4"},
    {"nf_tables: notrack", "table ip rsip_probe {\n chain c {\n  notrack\n }\n}\n", "modprobe nft_ct"},
    {"nf_tables: tproxy (reassembly of fragments)",
     "table ip rsip_probe {\n chain c {\n  ip protocol tcp tproxy to :1\n }\n}\n", "modprobe nft_tproxy"},
    {"nf_tables: queue", "table ip rsip_probe {\n chain c {\n  queue num 0\n }\n}\n",
     "modprobe -a nft_queue nfnetlink_queue"},
    {"nf_tables: log to a group, limited for each element of a set",
     "table ip rsip_probe {\n set s { typeof ip daddr; size 2; flags dynamic, timeout; }\n chain c {\n  "
     "update @s { ip daddr timeout 1s limit rate 1/second } log group 0\n }\n}\n",
     "modprobe -a nft_log nfnetlink_log nft_limit"},
};

std::optional<Missing> probe_rules(const RulesFeature& tried) {
  const Result<void> checked = check(tried.rules);
  if (checked) return std::nullopt;
  return Missing{tried.feature, checked.error().text(), tried.remedy};
}

/// Asks for a device with a setting that no kernel takes: EINVAL shows that the kind is known.
std::optional<Missing> probe_tunnel(TunnelType type) {
  const bool gre = type == TunnelType::gre;
  const char* feature = gre ? "GRE tunnel devices" : "IP-IP tunnel devices";
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return Missing{feature, socket.error().text(), ""};
  netlink::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  message.header<ifinfomsg>();
  message.begin(IFLA_LINKINFO).put_text(IFLA_INFO_KIND, gre ? "gre" : "ipip").begin(IFLA_INFO_DATA);
  if (gre) {
    message.put_u16(IFLA_GRE_IFLAGS, GRE_ROUTING);  // source routes of RFC 1701, in network byte order
  } else {
    constexpr std::uint8_t no_payload_of_ipip = 255;
    message.put_u8(IFLA_IPTUN_PROTO, no_payload_of_ipip);
  }
  message.end().end();
  const Result<void> answer = socket->request(message, feature);
  if (!answer && answer.error().code == EINVAL) return std::nullopt;
  return Missing{feature, answer ? "not refused as expected" : std::strerror(answer.error().code),
                 gre ? "modprobe ip_gre" : "modprobe ipip"};
}

/// RTM_NEWLINK for a device that is not there: EPERM comes before ENODEV.
bool permitted() {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_ROUTE);
  if (!socket) return true;  // another fault, which the probes will meet again
  netlink::Message message(RTM_NEWLINK, 0);
  message.header<ifinfomsg>();
  message.put_text(IFLA_IFNAME, "rsip/none");  // no interface can have this name
  const Result<void> answer = socket->request(message, "probe");
  return answer || answer.error().code != EPERM;
}

}  // namespace

std::vector<Missing> probe(std::span<const TunnelType> tunnels) {
  if (!permitted()) return {{"permission", std::strerror(EPERM), "needs CAP_NET_ADMIN: start as root"}};
  std::vector<Missing> missing;
  for (const RulesFeature& tried : rules_features) {
    std::optional<Missing> found = probe_rules(tried);
    if (!found) continue;
    missing.push_back(std::move(*found));
    if (&tried == &rules_features[0]) break;
  }
  for (const TunnelType type : tunnels) {
    if (std::optional<Missing> found = probe_tunnel(type)) missing.push_back(std::move(*found));
  }
  return missing;
}

}  // namespace rsip::steer
