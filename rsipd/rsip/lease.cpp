// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/lease.hpp"

#include <chrono>
#include <iomanip>
#include <sstream>
#include <stdexcept>

#include "rsip/parsed.hpp"

namespace rsip::program {
namespace {

using nlohmann::json;

template <typename Id>
json runs_to_json(const std::vector<Run<Id>>& runs) {
  json list = json::array();
  for (const Run<Id>& run : runs) list.push_back({{"first", number(run.first)}, {"last", number(run.last())}});
  return list;
}

template <typename Id>
std::vector<Run<Id>> runs_from_json(const json& list) {
  std::vector<Run<Id>> runs;
  for (const json& item : list) {
    const auto first = item.at("first").get<std::underlying_type_t<Id>>();
    const auto last = item.at("last").get<std::underlying_type_t<Id>>();
    if (last < first) throw std::invalid_argument("a range that ends before it begins");
    runs.push_back({static_cast<Id>(first), static_cast<std::uint32_t>(last - first) + 1});
  }
  return runs;
}

CookiePrefix cookie_prefix_from_json(const json& object) {
  const CookiePrefix prefix{object.at("value").get<std::uint32_t>(), object.at("bits").get<std::uint8_t>()};
  if (!prefix.is_valid()) throw std::invalid_argument("not a cookie prefix");
  return prefix;
}

template <typename Id>
void put_runs(std::ostream& text, const char* name, const std::vector<Run<Id>>& runs, bool hexadecimal) {
  if (runs.empty()) return;
  text << ", " << name << ' ' << (hexadecimal ? std::hex : std::dec) << std::showbase;
  const char* separator = "";
  for (const Run<Id>& run : runs) {
    text << separator << number(run.first);
    if (run.count > 1) text << '-' << number(run.last());
    separator = ",";
  }
  text << std::dec;
}

}  // namespace

Lease lease_of(const host::Held& held) {
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(held.expires - host::BootClock::now());
  return {held.grant, unix_time() + left.count()};
}

json to_json(const std::vector<Run<Port>>& runs) {
  return runs_to_json(runs);
}

std::vector<Run<Port>> ports_from_json(const json& list) {
  return runs_from_json<Port>(list);
}

Ipv4 address_from_json(const json& text) {
  return parsed(text, parse_ipv4);
}

json to_json(const Lease& lease) {
  const host::Grant& grant = lease.grant;
  json object{
      {"kind", host::name(grant.kind)},      {"client_id", number(grant.client)},  {"bind_id", number(grant.bind)},
      {"address", to_string(grant.address)}, {"ports", runs_to_json(grant.ports)}, {"spis", runs_to_json(grant.spis)},
      {"tunnel", host::name(grant.tunnel)},  {"seconds", grant.lease.count()},     {"ends", lease.ends}};
  if (grant.remote) object["remote"] = host::to_string(*grant.remote);
  if (grant.cookie_prefix) {
    object["cookie_prefix"] = {{"value", grant.cookie_prefix->value}, {"bits", grant.cookie_prefix->bits}};
  }
  return object;
}

Lease lease_from_json(const json& object) {
  Lease lease;
  host::Grant& grant = lease.grant;
  grant.client = ClientId{object.at("client_id").get<std::uint32_t>()};
  grant.bind = BindId{object.at("bind_id").get<std::uint32_t>()};
  grant.address = address_from_json(object.at("address"));
  grant.ports = runs_from_json<Port>(object.at("ports"));
  grant.spis = runs_from_json<Spi>(object.at("spis"));
  grant.kind = object.contains("kind") ? parsed(object.at("kind"), host::parse_kind)
               : grant.spis.empty()    ? host::Kind::rsap_ip
                                       : host::Kind::rsipsec;
  if (object.contains("tunnel")) grant.tunnel = parsed(object.at("tunnel"), host::parse_tunnel);
  if (object.contains("remote")) grant.remote = parsed(object.at("remote"), host::parse_remote);
  if (object.contains("cookie_prefix")) grant.cookie_prefix = cookie_prefix_from_json(object.at("cookie_prefix"));
  grant.lease = LeaseTime(object.at("seconds").get<std::uint32_t>());
  lease.ends = object.at("ends").get<std::int64_t>();
  return lease;
}

std::string describe(const host::Grant& grant, std::int64_t left) {
  std::ostringstream text;
  text << to_string(grant.address);
  if (grant.kind == host::Kind::rsa_ip) text << ", the whole address";
  put_runs(text, "ports", grant.ports, false);
  put_runs(text, "SPIs", grant.spis, true);
  if (grant.cookie_prefix) text << ", IKE cookies " << to_string(*grant.cookie_prefix);
  if (grant.remote) text << ", with " << host::to_string(*grant.remote) << " only";
  if (grant.tunnel == TunnelType::gre) text << ", through GRE";
  text << ", lease " << left << " s";
  return text.str();
}

std::int64_t unix_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace rsip::program
