// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/batch.hpp"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <string_view>

#include "steer/lease_sets.hpp"
#include "steer/objects.hpp"

namespace rsip::steer {
namespace {

// A nested attribute's length has 16 bits; this leaves room for the largest element.
constexpr std::size_t message_limit = 60000;
// Headers and table and set names of one message, and the attributes around an element's key and comment.
constexpr std::size_t message_overhead = 256;
constexpr std::size_t element_overhead = 96;
constexpr std::size_t comment_limit = 128;

std::size_t bound(const Elements& elements) {
  std::size_t bytes = 0;
  for (const Element& element : elements) {
    // In the worst case each element has a message to itself.
    bytes += message_overhead + element_overhead + element.key.size() + std::min(element.comment.size(), comment_limit);
  }
  return bytes;
}

bool same_set(const Element& one, const Element& other) {
  return one.family == other.family && std::string_view(one.set) == other.set;
}

/// Elements side by side that go into the same set, the sets in the order of their first element.
std::vector<std::vector<const Element*>> by_set(const Elements& elements) {
  std::vector<std::vector<const Element*>> groups;
  for (const Element& element : elements) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& other) { return same_set(*other.front(), element); });
    if (group == groups.end()) group = groups.insert(groups.end(), std::vector<const Element*>{});
    group->push_back(&element);
  }
  return groups;
}

void put_comment(nlmsghdr* message, std::string_view comment) {
  // One record of type, length and text with its zero, as libnftnl's nftnl_udata_put_strz() writes it.
  std::uint8_t record[2 + comment_limit + 1] = {};
  const std::size_t length = std::min(comment.size(), comment_limit);
  record[0] = NFTNL_UDATA_SET_ELEM_COMMENT;
  record[1] = static_cast<std::uint8_t>(length + 1);
  std::copy_n(comment.begin(), length, record + 2);
  mnl_attr_put(message, NFTA_SET_ELEM_USERDATA, 2 + length + 1, record);
}

void put_element(nlmsghdr* message, const Element& element) {
  nlattr* item = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
  nlattr* key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
  mnl_attr_put(message, NFTA_DATA_VALUE, element.key.size(), element.key.data());
  mnl_attr_nest_end(message, key);
  if (element.device) {
    nlattr* value = mnl_attr_nest_start(message, NFTA_SET_ELEM_DATA);
    mnl_attr_put_u32(message, NFTA_DATA_VALUE, *element.device);
    mnl_attr_nest_end(message, value);
  }
  if (element.timeout.count() > 0) {
    mnl_attr_put_u64(message, NFTA_SET_ELEM_TIMEOUT, htobe64(static_cast<std::uint64_t>(element.timeout.count())));
  }
  if (!element.comment.empty()) put_comment(message, element.comment);
  mnl_attr_nest_end(message, item);
}

}  // namespace

std::uint8_t protocol_family(Family family) {
  return family == Family::netdev ? std::uint8_t{NFPROTO_NETDEV} : std::uint8_t{NFPROTO_IPV4};
}

Batch::Batch(const Transaction& transaction, std::uint32_t sequence, bool revive) : Batch(sequence) {
  const std::size_t flushes = transaction.afresh() ? lease_sets().size() : 0;
  const std::size_t bytes =
      (2 + flushes) * message_overhead + bound(transaction.additions()) + 2 * bound(transaction.removals());
  make_room(bytes);
  places_.reserve(transaction.additions().size() + transaction.removals().size() * (revive ? 2 : 1));

  write_boundary(NFNL_MSG_BATCH_BEGIN);
  if (transaction.afresh()) write_flushes();
  if (revive) write_elements(transaction.removals(), NFT_MSG_NEWSETELEM, NLM_F_CREATE, "add for removal");
  write_elements(transaction.removals(), NFT_MSG_DELSETELEM, 0, "remove");
  write_elements(transaction.additions(), NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL, "add");
  write_end();
}

Batch Batch::owning_tables(std::uint32_t sequence, bool trial, const char* name) {
  Batch batch(sequence);
  batch.make_room(4 * message_overhead);
  batch.write_boundary(NFNL_MSG_BATCH_BEGIN);
  for (const Family family : {Family::netdev, Family::ip}) {
    batch.write_table(family, name, NFT_MSG_NEWTABLE, NFT_TABLE_F_OWNER | table_persists);
  }
  batch.write_end(trial);
  return batch;
}

Batch Batch::deleting_table(Family family, std::uint32_t sequence) {
  Batch batch(sequence);
  batch.make_room(3 * message_overhead);
  batch.write_boundary(NFNL_MSG_BATCH_BEGIN);
  batch.write_table(family, "rsip", NFT_MSG_DELTABLE, 0);
  batch.write_end();
  return batch;
}

void Batch::make_room(std::size_t bytes) {
  buffer_.resize(bytes / sizeof(std::uint64_t) + 1);
}

nlmsghdr* Batch::message_at(std::size_t offset) {
  return static_cast<nlmsghdr*>(
      static_cast<void*>(static_cast<std::uint8_t*>(static_cast<void*>(buffer_.data())) + offset));
}

nlmsghdr* Batch::begin_message(std::uint16_t type, std::uint16_t flags, std::uint8_t family) {
  nlmsghdr* message = mnl_nlmsg_put_header(message_at(size_));
  message->nlmsg_type = type;
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  message->nlmsg_seq = next_sequence_++;
  auto* header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  header->nfgen_family = family;
  header->version = NFNETLINK_V0;
  return message;
}

void Batch::end_message(const nlmsghdr* message) {
  size_ += MNL_ALIGN(message->nlmsg_len);
}

/// Of a message that changes something, and may be the last such.
void Batch::end_change(const nlmsghdr* message) {
  last_sequence_ = message->nlmsg_seq;
  last_offset_ = size_;
  end_message(message);
}

void Batch::write_boundary(std::uint16_t type) {
  nlmsghdr* message = begin_message(type, 0, AF_UNSPEC);
  static_cast<nfgenmsg*>(mnl_nlmsg_get_payload(message))->res_id = htons(NFNL_SUBSYS_NFTABLES);
  end_message(message);
}

/// The kernel makes no changes without an end.
void Batch::write_end(bool trial) {
  // The kernel answers in order: the acknowledgement of the last message ends the answer.
  if (last_offset_ != 0) message_at(last_offset_)->nlmsg_flags |= NLM_F_ACK;
  if (!trial) write_boundary(NFNL_MSG_BATCH_END);
}

/// `flags`: 0 for a table that is deleted.
void Batch::write_table(Family family, const char* name, std::uint16_t type, std::uint32_t flags) {
  nlmsghdr* message = begin_message(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type),
                                    type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0, protocol_family(family));
  mnl_attr_put_strz(message, NFTA_TABLE_NAME, name);
  if (flags != 0) mnl_attr_put_u32(message, NFTA_TABLE_FLAGS, htonl(flags));
  end_change(message);
}

/// A removal that names no element removes all.
void Batch::write_flushes() {
  constexpr auto type = static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELSETELEM);
  for (const SetName& set : lease_sets()) {
    nlmsghdr* message = begin_message(type, 0, protocol_family(set.family));
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, "rsip");
    mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set.name);
    end_change(message);
  }
}

void Batch::write_elements(const Elements& elements, std::uint16_t type, std::uint16_t flags, const char* verb) {
  const auto message_type = static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
  for (const std::vector<const Element*>& group : by_set(elements)) {
    for (auto element = group.begin(); element != group.end();) {
      nlmsghdr* message = begin_message(message_type, flags, protocol_family((*element)->family));
      mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, "rsip");
      mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, (*element)->set);
      nlattr* list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
      for (; element != group.end() && message->nlmsg_len < message_limit; ++element) {
        places_.push_back({message->nlmsg_seq, message->nlmsg_len, *element, verb});
        put_element(message, **element);
      }
      mnl_attr_nest_end(message, list);
      end_change(message);
    }
  }
}

std::string Batch::describe(std::uint32_t sequence, std::size_t offset) const {
  const Place* found = nullptr;
  for (const Place& place : places_) {
    if (place.sequence != sequence) continue;
    if (found == nullptr || place.offset <= offset) found = &place;
  }
  if (found == nullptr) return "change the rsip tables";
  std::string text = std::string(found->verb) + " " + to_string(*found->element);
  if (!found->element->comment.empty()) text += " (" + found->element->comment + ")";
  return text;
}

}  // namespace rsip::steer
