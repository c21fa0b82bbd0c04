// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/inspector.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "steer/batch.hpp"
#include "steer/element_message.hpp"
#include "steer/lease_sets.hpp"

namespace rsip::steer {

namespace {

netlink::Message query(std::uint16_t flags, Family family, const char* set) {
  netlink::Message message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, flags);
  auto& header = message.header<nfgenmsg>();
  header.nfgen_family = protocol_family(family);
  header.version = NFNETLINK_V0;
  message.put_text(NFTA_SET_ELEM_LIST_TABLE, "rsip").put_text(NFTA_SET_ELEM_LIST_SET, set);
  return message;
}

}  // namespace

Result<Inspector> Inspector::open() {
  Result<netlink::Socket> lookups = netlink::Socket::open(NETLINK_NETFILTER);
  if (!lookups) return tl::unexpected(lookups.error());
  Result<netlink::Socket> dump = netlink::Socket::open(NETLINK_NETFILTER);
  if (!dump) return tl::unexpected(dump.error());
  return Inspector(std::move(*lookups), std::move(*dump));
}

Result<bool> Inspector::has(const Element& element) {
  netlink::Message message = query(0, element.family, element.set);
  message.begin(NFTA_SET_ELEM_LIST_ELEMENTS).begin(NFTA_LIST_ELEM).begin(NFTA_SET_ELEM_KEY);
  message.put_bytes(NFTA_DATA_VALUE, element.key).end().end().end();
  bool there = false;
  const Result<void> done =
      lookups_.request(message, "look up " + to_string(element), [&](const netlink::Reply& reply) {
        const Elements found = read_elements(reply);
        there = std::ranges::any_of(found, [&element](const Element& one) { return one.device == element.device; });
      });
  if (!done && done.error().code != ENOENT) return tl::unexpected(done.error());
  return done && there;
}

Result<std::optional<Elements>> Inspector::next() {
  if (set_ == lease_sets().size()) return std::nullopt;
  const SetName& set = lease_sets()[set_];
  const std::string what = std::string("list the elements of ") + set.name;
  if (!reading_) {
    netlink::Message message = query(NLM_F_DUMP, set.family, set.name);
    if (const Result<void> begun = dump_.begin(message, what); !begun) return tl::unexpected(begun.error());
    reading_ = true;
  }
  Elements elements;
  const Result<bool> more = dump_.next(what, [&elements](const netlink::Reply& reply) {
    Elements some = read_elements(reply);
    elements.insert(elements.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  });
  if (!more && more.error().code != ENOENT) return tl::unexpected(more.error());
  if (!more || !*more) {
    ++set_;
    reading_ = false;
  }
  return elements;
}

}  // namespace rsip::steer
