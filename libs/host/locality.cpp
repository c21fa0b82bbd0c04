// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/locality.hpp"

#include <algorithm>
#include <bit>

#include "host/wish.hpp"

namespace rsip::host {
namespace {

std::uint32_t mask_of(std::uint8_t length) {
  return length == 0 ? 0 : UINT32_MAX << (32U - length);
}

/// Nothing where it is IPv6, or a mask with holes.
std::optional<Place> place_of(const wire::QueryTuple& tuple) {
  if (const auto* name = std::get_if<wire::Fqdn>(&tuple.address)) return name->name;
  const auto* address = std::get_if<Ipv4>(&tuple.address);
  if (address == nullptr) return std::nullopt;
  if (!tuple.netmask) return *address;
  const auto* netmask = std::get_if<wire::Ipv4Netmask>(&*tuple.netmask);
  if (netmask == nullptr) return std::nullopt;
  const auto length = static_cast<std::uint8_t>(std::countl_one(netmask->mask.value));
  if (netmask->mask.value != mask_of(length)) return std::nullopt;
  return Prefix{{address->value & netmask->mask.value}, length};
}

/// How closely `network` surrounds `place`: its prefix length. Nothing where it does not.
std::optional<unsigned> closeness(const Place& network, const Place& place) {
  const auto* around = std::get_if<Prefix>(&network);
  if (around == nullptr) return std::nullopt;
  if (const auto* address = std::get_if<Ipv4>(&place)) {
    return around->contains(*address) ? std::optional<unsigned>(around->length) : std::nullopt;
  }
  const auto* prefix = std::get_if<Prefix>(&place);
  if (prefix == nullptr || prefix->length < around->length || !around->contains(prefix->network)) return std::nullopt;
  return around->length;
}

Locality locate(const Place& place, const std::vector<Located>& answer) {
  const auto exact = std::ranges::find(answer, place, &Located::place);
  if (exact != answer.end()) return exact->locality;
  Locality found = Locality::unknown;
  std::optional<unsigned> closest;
  for (const Located& each : answer) {
    const std::optional<unsigned> close = closeness(each.place, place);
    if (!close || (closest && *close <= *closest)) continue;
    closest = close;
    found = each.locality;
  }
  return found;
}

}  // namespace

std::string_view name(Locality locality) {
  switch (locality) {
    case Locality::local:
      return "local";
    case Locality::remote:
      return "remote";
    case Locality::unknown:
      break;
  }
  return "unknown";
}

std::optional<Place> parse_place(std::string_view text) {
  if (const std::optional<Ipv4> address = parse_ipv4(text)) return *address;
  if (const std::optional<Prefix> prefix = parse_prefix(text)) return *prefix;
  const std::optional<RemoteHost> named = parse_remote(text);
  if (!named || named->ports || !std::holds_alternative<std::string>(named->host)) return std::nullopt;
  return std::get<std::string>(named->host);
}

std::string to_string(const Place& place) {
  if (const auto* name = std::get_if<std::string>(&place)) return *name;
  if (const auto* prefix = std::get_if<Prefix>(&place)) return rsip::to_string(*prefix);
  return rsip::to_string(std::get<Ipv4>(place));
}

wire::QueryTuple tuple_for(const Place& place) {
  wire::QueryTuple tuple;
  if (const auto* prefix = std::get_if<Prefix>(&place)) {
    tuple.address = prefix->network;
    tuple.netmask = wire::Ipv4Netmask{Ipv4{mask_of(prefix->length)}};
  } else if (const auto* name = std::get_if<std::string>(&place)) {
    tuple.address = wire::Fqdn{*name};
  } else {
    tuple.address = std::get<Ipv4>(place);
  }
  return tuple;
}

std::vector<Located> located(const std::vector<Place>& asked, const std::vector<wire::QueryTuple>& answer) {
  std::vector<Located> known;
  for (const wire::QueryTuple& tuple : answer) {
    const Locality locality = tuple.remote ? Locality::remote : Locality::local;
    if (std::optional<Place> place = place_of(tuple)) known.push_back({std::move(*place), locality});
  }
  if (asked.empty()) return known;
  std::vector<Located> places;
  places.reserve(asked.size());
  for (const Place& place : asked) places.push_back({place, locate(place, known)});
  return places;
}

}  // namespace rsip::host
