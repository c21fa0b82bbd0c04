// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <libmnl/libmnl.h>

#include <cstring>

#include "netlink/socket.hpp"

namespace rsip::netlink {
namespace {

constexpr std::size_t capacity = 8192;  // bytes; our largest request is far below 1 KiB

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags) : buffer_(capacity / sizeof(std::uint64_t)) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer_.data());
  message->nlmsg_type = type;
  const bool dump = (flags & NLM_F_DUMP) == NLM_F_DUMP;
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags | (dump ? 0 : NLM_F_ACK));
}

nlmsghdr* Message::head() {
  return static_cast<nlmsghdr*>(static_cast<void*>(buffer_.data()));
}

void* Message::extra_header(std::size_t size) {
  return mnl_nlmsg_put_extra_header(head(), size);
}

Message& Message::put_bytes(std::uint16_t attribute, Bytes bytes) {
  if (!mnl_attr_put_check(head(), capacity, attribute, bytes.size(), bytes.data())) overflow_ = true;
  return *this;
}

Message& Message::put_u8(std::uint16_t attribute, std::uint8_t value) {
  return put_bytes(attribute, {&value, 1});
}

Message& Message::put_u16(std::uint16_t attribute, std::uint16_t value) {
  if (!mnl_attr_put_u16_check(head(), capacity, attribute, value)) overflow_ = true;
  return *this;
}

Message& Message::put_u32(std::uint16_t attribute, std::uint32_t value) {
  if (!mnl_attr_put_u32_check(head(), capacity, attribute, value)) overflow_ = true;
  return *this;
}

Message& Message::put_address(std::uint16_t attribute, Ipv4 address) {
  return put_u32(attribute, htonl(address.value));
}

Message& Message::put_text(std::uint16_t attribute, std::string_view text) {
  if (!mnl_attr_put_strz_check(head(), capacity, attribute, std::string(text).c_str())) overflow_ = true;
  return *this;
}

Message& Message::begin(std::uint16_t attribute) {
  const nlattr* nest = mnl_attr_nest_start_check(head(), capacity, attribute);
  if (nest == nullptr) {
    overflow_ = true;
    return *this;
  }
  open_.push_back(static_cast<std::size_t>(static_cast<const std::uint8_t*>(static_cast<const void*>(nest)) -
                                           static_cast<const std::uint8_t*>(static_cast<const void*>(head()))));
  return *this;
}

Message& Message::end() {
  if (open_.empty()) return *this;  // its begin() did not fit
  auto* start = static_cast<std::uint8_t*>(static_cast<void*>(head())) + open_.back();
  open_.pop_back();
  mnl_attr_nest_end(head(), static_cast<nlattr*>(static_cast<void*>(start)));
  return *this;
}

std::optional<Bytes> Attributes::find(std::uint16_t type) const {
  const nlattr* attribute = nullptr;
  const void* const start = bytes_.data();
  int left = static_cast<int>(bytes_.size());
  for (const auto* each = static_cast<const nlattr*>(start); mnl_attr_ok(each, left);) {
    if (mnl_attr_get_type(each) == type) attribute = each;
    left -= static_cast<int>(MNL_ALIGN(each->nla_len));
    each = mnl_attr_next(each);
  }
  if (attribute == nullptr) return std::nullopt;
  return Bytes(static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)), mnl_attr_get_payload_len(attribute));
}

std::vector<std::string> Attributes::texts(std::uint16_t type) const {
  std::vector<std::string> values;
  const void* const start = bytes_.data();
  int left = static_cast<int>(bytes_.size());
  for (const auto* each = static_cast<const nlattr*>(start); mnl_attr_ok(each, left);) {
    if (mnl_attr_get_type(each) == type) {
      const auto* value = static_cast<const char*>(mnl_attr_get_payload(each));
      values.emplace_back(value, strnlen(value, mnl_attr_get_payload_len(each)));
    }
    left -= static_cast<int>(MNL_ALIGN(each->nla_len));
    each = mnl_attr_next(each);
  }
  return values;
}

std::optional<std::uint32_t> Attributes::integer(std::uint16_t type) const {
  const std::optional<Bytes> bytes = find(type);
  if (!bytes) return std::nullopt;
  std::uint32_t wide = 0;
  std::uint16_t narrow = 0;
  switch (bytes->size()) {
    case sizeof(wide):
      std::memcpy(&wide, bytes->data(), sizeof(wide));
      return wide;
    case sizeof(narrow):
      std::memcpy(&narrow, bytes->data(), sizeof(narrow));
      return narrow;
    case 1:
      return bytes->front();
    default:
      return std::nullopt;
  }
}

std::optional<Ipv4> Attributes::address(std::uint16_t type) const {
  const std::optional<Bytes> bytes = find(type);
  if (!bytes || bytes->size() != sizeof(std::uint32_t)) return std::nullopt;
  std::uint32_t value = 0;
  std::memcpy(&value, bytes->data(), sizeof(value));
  return Ipv4{ntohl(value)};
}

std::string Attributes::text(std::uint16_t type) const {
  const std::optional<Bytes> bytes = find(type);
  if (!bytes) return {};
  std::string text(bytes->begin(), bytes->end());
  text.resize(::strnlen(text.c_str(), text.size()));  // the kernel counts the final zero
  return text;
}

Attributes Attributes::nested(std::uint16_t type) const {
  return Attributes(find(type).value_or(Bytes{}));
}

void Attributes::each(std::uint16_t type, const std::function<void(Attributes)>& item) const {
  const void* const start = bytes_.data();
  int left = static_cast<int>(bytes_.size());
  for (const auto* next = static_cast<const nlattr*>(start); mnl_attr_ok(next, left);) {
    if (mnl_attr_get_type(next) == type) {
      item(Attributes(
          Bytes(static_cast<const std::uint8_t*>(mnl_attr_get_payload(next)), mnl_attr_get_payload_len(next))));
    }
    left -= static_cast<int>(MNL_ALIGN(next->nla_len));
    next = mnl_attr_next(next);
  }
}

Attributes Reply::attributes(std::size_t header_size) const {
  const std::size_t start = MNL_ALIGN(header_size);
  return Attributes(payload.size() <= start ? Bytes{} : payload.subspan(start));
}

}  // namespace rsip::netlink
