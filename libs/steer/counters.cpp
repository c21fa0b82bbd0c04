// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/counters.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <utility>

namespace rsip::steer {

namespace {

constexpr std::string_view our_table = "rsip";

/// Network byte order; 0 where the attribute is absent.
std::uint64_t read_number(const netlink::Attributes& attributes, std::uint16_t type) {
  const std::optional<netlink::Bytes> bytes = attributes.find(type);
  std::uint64_t value = 0;
  if (!bytes || bytes->size() != sizeof(value)) return 0;
  for (const std::uint8_t byte : *bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

Result<Counters> Counters::open() {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_NETFILTER);
  if (!socket) return tl::unexpected(socket.error());
  return Counters(std::move(*socket));
}

Result<std::vector<NamedCounter>> Counters::read() {
  netlink::Message query(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETOBJ, NLM_F_DUMP);
  auto& header = query.header<nfgenmsg>();
  header.nfgen_family = NFPROTO_IPV4;
  header.version = NFNETLINK_V0;
  query.put_text(NFTA_OBJ_TABLE, our_table);
  std::vector<NamedCounter> counters;
  const Result<void> done =
      socket_.request(query, "read the counters of table ip rsip", [&](const netlink::Reply& reply) {
        const netlink::Attributes object = reply.attributes(sizeof(nfgenmsg));
        // The table and the kind are a filter that not all kernels heed.
        if (object.text(NFTA_OBJ_TABLE) != our_table) return;
        const netlink::Attributes counter = object.nested(NFTA_OBJ_DATA);
        if (!counter.find(NFTA_COUNTER_PACKETS)) return;
        counters.push_back({object.text(NFTA_OBJ_NAME), read_number(counter, NFTA_COUNTER_PACKETS),
                            read_number(counter, NFTA_COUNTER_BYTES)});
      });
  if (!done) return tl::unexpected(done.error());
  return counters;
}

}  // namespace rsip::steer
