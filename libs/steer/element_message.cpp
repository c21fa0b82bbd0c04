// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/element_message.hpp"

#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <algorithm>
#include <cstring>

#include "steer/lease_sets.hpp"

namespace rsip::steer {
namespace {

using std::chrono::milliseconds;

std::optional<milliseconds> read_time(const netlink::Attributes& element, std::uint16_t type) {
  const std::optional<netlink::Bytes> bytes = element.find(type);
  std::uint64_t value = 0;
  if (!bytes || bytes->size() != sizeof(value)) return std::nullopt;
  for (const std::uint8_t byte : *bytes) value = value << 8 | byte;
  return milliseconds(value);
}

/// One record of type, length and text with its zero (libnftnl's nftnl_udata); the comment is the first.
std::string read_comment(const netlink::Attributes& element) {
  const std::optional<netlink::Bytes> record = element.find(NFTA_SET_ELEM_USERDATA);
  if (!record || record->size() < 2 || (*record)[0] != NFTNL_UDATA_SET_ELEM_COMMENT) return {};
  const netlink::Bytes text = record->subspan(2, std::min<std::size_t>((*record)[1], record->size() - 2));
  return {text.begin(), std::find(text.begin(), text.end(), 0)};
}

}  // namespace

std::optional<Family> family_of(const netlink::Reply& message) {
  const auto* header = message.header<nfgenmsg>();
  if (header == nullptr) return std::nullopt;
  switch (header->nfgen_family) {
    case NFPROTO_NETDEV:
      return Family::netdev;
    case NFPROTO_IPV4:
      return Family::ip;
    default:
      return std::nullopt;
  }
}

Elements read_elements(const netlink::Reply& message) {
  const std::optional<Family> family = family_of(message);
  const netlink::Attributes attributes = message.attributes(sizeof(nfgenmsg));
  const char* set = family ? lease_set(*family, attributes.text(NFTA_SET_ELEM_LIST_SET)) : nullptr;
  Elements elements;
  if (set == nullptr) return elements;
  attributes.nested(NFTA_SET_ELEM_LIST_ELEMENTS).each(NFTA_LIST_ELEM, [&](const netlink::Attributes& item) {
    const std::optional<netlink::Bytes> key = item.nested(NFTA_SET_ELEM_KEY).find(NFTA_DATA_VALUE);
    if (!key) return;
    Element element{*family, set, {key->begin(), key->end()}, {}, {}, read_comment(item)};
    element.device = item.nested(NFTA_SET_ELEM_DATA).integer(NFTA_DATA_VALUE);
    const std::optional<milliseconds> left = read_time(item, NFTA_SET_ELEM_EXPIRATION);
    element.timeout = left ? *left : read_time(item, NFTA_SET_ELEM_TIMEOUT).value_or(milliseconds{});
    elements.push_back(std::move(element));
  });
  return elements;
}

}  // namespace rsip::steer
