// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/objects.hpp"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <regex>
#include <sstream>

#include "netlink/socket.hpp"
#include "steer/element_message.hpp"

namespace rsip::steer {
namespace {

using Kind = Object::Kind;

struct Query {
  Kind kind;
  std::uint16_t message;
  std::uint16_t table;  ///< the attribute with the table's name
  std::uint16_t name;
  const char* what;
};

constexpr Query queries[] = {
    {Kind::chain, NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, "list the chains of nf_tables"},
    {Kind::set, NFT_MSG_GETSET, NFTA_SET_TABLE, NFTA_SET_NAME, "list the sets of nf_tables"},
    {Kind::counter, NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, NFTA_OBJ_NAME, "list the objects of nf_tables"},
};

Result<void> add_present(Objects& objects, netlink::Socket& socket, Family family, const Query& query) {
  netlink::Message message(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | query.message), NLM_F_DUMP);
  auto& header = message.header<nfgenmsg>();
  header.nfgen_family = family == Family::netdev ? NFPROTO_NETDEV : NFPROTO_IPV4;
  header.version = NFNETLINK_V0;
  return socket.request(message, query.what, [&](const netlink::Reply& reply) {
    const netlink::Attributes attributes = reply.attributes(sizeof(nfgenmsg));
    const std::string name = attributes.text(query.name);
    if (attributes.text(query.table) != "rsip") return;
    // Other objects than counters do nothing without a rule.
    if (query.kind == Kind::counter && attributes.integer(NFTA_OBJ_TYPE) != htonl(NFT_OBJECT_COUNTER)) return;
    if (query.kind == Kind::chain) {
      const netlink::Attributes hook = attributes.nested(NFTA_CHAIN_HOOK);
      for (const std::string& device : hook.texts(NFTA_HOOK_DEV)) objects.insert({family, Kind::device, device});
      for (const std::string& device : hook.nested(NFTA_HOOK_DEVS).texts(NFTA_DEVICE_NAME)) {
        objects.insert({family, Kind::device, device});
      }
    }
    // "__set0" and "__map0" belong to the rule that has them written out
    if (!name.starts_with("__")) objects.insert({family, query.kind, name});
  });
}

}  // namespace

Objects declared_objects(std::string_view text) {
  Objects objects;
  Family family = Family::ip;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    std::string third;
    words >> first >> second >> third;
    if (first == "table") family = second == "netdev" ? Family::netdev : Family::ip;
    if (first == "type" && line.find(" hook ingress devices = {") != std::string::npos) {
      const std::regex quoted("\"([^\"]+)\"");
      for (std::sregex_iterator device(line.begin(), line.end(), quoted), end; device != end; ++device) {
        objects.insert({family, Kind::device, (*device)[1]});
      }
    }
    if (third != "{") continue;
    if (first == "chain") objects.insert({family, Kind::chain, second});
    if (first == "map" || first == "set") objects.insert({family, Kind::set, second});
    if (first == "counter") objects.insert({family, Kind::counter, second});
  }
  return objects;
}

Result<Objects> present_objects() {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_NETFILTER);
  if (!socket) return tl::unexpected(socket.error());
  Objects objects;
  for (const Family family : {Family::netdev, Family::ip}) {
    for (const Query& query : queries) {
      if (const Result<void> done = add_present(objects, *socket, family, query); !done) {
        return tl::unexpected(done.error());
      }
    }
  }
  return objects;
}

Result<Tables> present_tables() {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_NETFILTER);
  if (!socket) return tl::unexpected(socket.error());
  netlink::Message message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, NLM_F_DUMP);
  message.header<nfgenmsg>().version = NFNETLINK_V0;
  Tables tables;
  const Result<void> done = socket->request(message, "list the tables of nf_tables", [&](const netlink::Reply& reply) {
    const auto family = family_of(reply);
    const netlink::Attributes attributes = reply.attributes(sizeof(nfgenmsg));
    if (!family || attributes.text(NFTA_TABLE_NAME) != "rsip") return;
    const std::uint32_t flags = ntohl(attributes.integer(NFTA_TABLE_FLAGS).value_or(0));
    tables[*family] = (flags & table_persists) != 0;
  });
  if (!done) return tl::unexpected(done.error());
  return tables;
}

}  // namespace rsip::steer
