// SPDX-License-Identifier: GPL-2.0-or-later
#include "xfrm/monitor.hpp"

#include <linux/netlink.h>
#include <linux/xfrm.h>

#include <cerrno>

#include "xfrm/message.hpp"

namespace rsip::xfrm {
namespace {

std::optional<Event> appeared(const netlink::Reply& message) {
  const auto* info = message.header<xfrm_usersa_info>();
  if (info == nullptr) return std::nullopt;
  const std::optional<Association> association = read_association(message, *info, sizeof(*info));
  return association ? std::optional<Event>(Appeared{*association}) : std::nullopt;
}

std::optional<Event> deleted(const netlink::Reply& message) {
  const auto* wire = message.header<xfrm_usersa_id>();
  if (wire == nullptr) return std::nullopt;
  const std::optional<SaId> id = read_id(wire->daddr, wire->spi, wire->family, wire->proto);
  return id ? std::optional<Event>(Gone{*id}) : std::nullopt;
}

/// The soft lifetime is a reminder to negotiate a successor; the association lives on.
std::optional<Event> expired(const netlink::Reply& message) {
  const auto* expire = message.header<xfrm_user_expire>();
  if (expire == nullptr || expire->hard == 0) return std::nullopt;
  const xfrm_usersa_info& info = expire->state;
  const std::optional<SaId> id = read_id(info.id.daddr, info.id.spi, info.family, info.id.proto);
  return id ? std::optional<Event>(Gone{*id}) : std::nullopt;
}

std::optional<Event> flushed(const netlink::Reply& message) {
  const auto* flush = message.header<xfrm_usersa_flush>();
  if (flush == nullptr) return std::nullopt;
  const Protocol protocol{flush->proto};
  if (protocol == Protocol::esp || protocol == Protocol::ah) return Flushed{protocol};
  return Flushed{};
}

std::optional<Event> read(const netlink::Reply& message) {
  switch (message.type) {
    case XFRM_MSG_NEWSA:
    case XFRM_MSG_UPDSA:
      return appeared(message);
    case XFRM_MSG_DELSA:
      return deleted(message);
    case XFRM_MSG_EXPIRE:
      return expired(message);
    case XFRM_MSG_FLUSHSA:
      return flushed(message);
    case XFRM_MSG_MIGRATE:  // tells the policies' new addresses, not which associations have moved to them
      return Missed{};
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<std::optional<Monitor>> Monitor::open() {
  Result<netlink::Listener> listener =
      netlink::Listener::open(NETLINK_XFRM, {XFRMNLGRP_SA, XFRMNLGRP_EXPIRE, XFRMNLGRP_MIGRATE});
  if (!listener && listener.error().code == EPROTONOSUPPORT) return std::nullopt;
  if (!listener) return tl::unexpected(listener.error());
  return std::optional(Monitor(std::move(*listener)));
}

Result<std::vector<Event>> Monitor::events() {
  std::vector<Event> events;
  const Result<void> done = listener_.receive([&events](const netlink::Reply& message) {
    if (const std::optional<Event> event = read(message)) events.push_back(*event);
  });
  if (done) return events;
  if (done.error().code != ENOBUFS) return tl::unexpected(done.error());
  events.emplace_back(Missed{});
  return events;
}

}  // namespace rsip::xfrm
