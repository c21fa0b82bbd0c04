// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/watch.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <iterator>
#include <utility>

#include "steer/element_message.hpp"
#include "steer/lease_sets.hpp"

namespace rsip::steer {
namespace {

/// From so many elements on, it is cheaper to make everything anew than to mend each.
constexpr std::size_t most_elements = 1024;
constexpr int most_losses = 8;

constexpr std::uint16_t message_type(unsigned message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

/// The table's name is the first attribute of all that is in a table.
bool is_ours(const netlink::Reply& message) {
  static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1 && NFTA_SET_TABLE == 1 &&
                NFTA_SET_ELEM_LIST_TABLE == 1 && NFTA_OBJ_TABLE == 1 && NFTA_FLOWTABLE_TABLE == 1);
  return family_of(message) && message.attributes(sizeof(nfgenmsg)).text(NFTA_TABLE_NAME) == "rsip";
}

Committer read_committer(const netlink::Reply& message) {
  const netlink::Attributes attributes = message.attributes(sizeof(nfgenmsg));
  return {ntohl(attributes.integer(NFTA_GEN_PROC_PID).value_or(0)), attributes.text(NFTA_GEN_PROC_NAME)};
}

/// An answer names the one who asks.
Result<std::uint32_t> ask_own_pid() {
  Result<netlink::Socket> socket = netlink::Socket::open(NETLINK_NETFILTER);
  if (!socket) return tl::unexpected(socket.error());
  netlink::Message query(message_type(NFT_MSG_GETGEN), 0);
  query.header<nfgenmsg>().version = NFNETLINK_V0;
  std::uint32_t pid = 0;
  const Result<void> done = socket->request(query, "ask for the generation of the nftables ruleset",
                                            [&](const netlink::Reply& reply) { pid = read_committer(reply).pid; });
  if (!done) return tl::unexpected(done.error());
  return pid;
}

void append(Elements& to, Elements from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void Damage::merge(Damage later) {
  append(removed, std::move(later.removed));
  append(added, std::move(later.added));
  other |= later.other;
  if (removed.size() + added.size() > most_elements) {
    other = true;
    removed.clear();
    added.clear();
  }
  if (later.by) by = std::move(later.by);
}

Result<Watch> Watch::open(std::uint32_t own_port) {
  const Result<std::uint32_t> own_pid = ask_own_pid();
  if (!own_pid) return tl::unexpected(own_pid.error());
  Result<netlink::Listener> listener = netlink::Listener::open(NETLINK_NETFILTER, {NFNLGRP_NFTABLES});
  if (!listener) return tl::unexpected(listener.error());
  if (const Result<void> ignored = listener->ignore(own_port); !ignored) return tl::unexpected(ignored.error());
  return Watch(std::move(*listener), *own_pid);
}

Damage Watch::read() {
  Damage damage;
  if (receive(damage)) return damage;
  // ENOBUFS: it came too fast. What is left may lack its beginning, and may be lost from again.
  for (int i = 0; i < most_losses && !receive(damage); ++i) {
  }
  pending_ = {};
  Damage unknown;
  unknown.other = true;
  return unknown;
}

Result<void> Watch::receive(Damage& damage) {
  return listener_.receive([&](const netlink::Reply& message) {
    if (message.type == message_type(NFT_MSG_NEWGEN)) {
      note_end(message, damage);
    } else if (is_ours(message)) {
      note(message);
    }
  });
}

void Watch::note(const netlink::Reply& message) {
  const bool added = message.type == message_type(NFT_MSG_NEWSETELEM);
  if (!added && message.type != message_type(NFT_MSG_DELSETELEM)) {
    pending_.other = true;
    return;
  }
  if (is_learned_set(message.attributes(sizeof(nfgenmsg)).text(NFTA_SET_ELEM_LIST_SET))) return;
  if (pending_.removed.size() + pending_.added.size() >= most_elements) {
    pending_.other = true;
    return;
  }
  Elements elements = read_elements(message);
  if (elements.empty()) pending_.other = true;  // of a set that somebody has added, or own_ike
  append(added ? pending_.added : pending_.removed, std::move(elements));
}

void Watch::note_end(const netlink::Reply& message, Damage& damage) {
  Damage commit = std::exchange(pending_, {});
  Committer by = read_committer(message);
  if (commit.empty() || by.pid == own_pid_) return;
  commit.by = std::move(by);
  damage.merge(std::move(commit));
}

}  // namespace rsip::steer
