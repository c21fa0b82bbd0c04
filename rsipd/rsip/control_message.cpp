// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/control_message.hpp"

#include <stdexcept>

#include "rsip/parsed.hpp"

namespace rsip::program {
namespace {

using nlohmann::json;

/// nlohmann/json would cut a number that is too large.
template <typename Number>
Number whole(const json& value) {
  const auto wide = value.get<std::int64_t>();
  if (!value.is_number_integer() || !std::in_range<Number>(wide)) throw std::invalid_argument("a number out of range");
  return static_cast<Number>(wide);
}

host::Wish wish_from_json(const json& object) {
  host::Wish wish;
  wish.kind = parsed(object.at("kind"), host::parse_kind);
  wish.ports = whole<std::uint8_t>(object.at("ports"));
  wish.spis = whole<std::uint16_t>(object.at("spis"));
  wish.tunnel = parsed(object.at("tunnel"), host::parse_tunnel);
  if (object.contains("address")) wish.address = address_from_json(object.at("address"));
  if (object.contains("local_ports")) wish.local_ports = ports_from_json(object.at("local_ports"));
  if (object.contains("remote")) wish.remote = parsed(object.at("remote"), host::parse_remote);
  if (object.contains("lease")) wish.lease = LeaseTime(whole<std::uint32_t>(object.at("lease")));
  // What libs/wire asserts of a request.
  const bool any_ports = wish.kind == host::Kind::rsap_ip || wish.kind == host::Kind::listen;
  if (any_ports && wish.ports == 0) throw std::invalid_argument("no ports");
  if (wish.kind == host::Kind::rsipsec && wish.spis == 0) throw std::invalid_argument("no SPIs");
  if (!wish.local_ports.empty() && host::total(wish.local_ports) != wish.ports) {
    throw std::invalid_argument("not as many ports as it says");
  }
  for (const Run<Port>& run : wish.local_ports) {
    if (number(run.first) == 0) throw std::invalid_argument("port 0");
  }
  return wish;
}

ControlRequest request_from_json(const json& object) {
  const auto command = object.at("command").get<std::string>();
  if (command == "assign") return {host::Assign{wish_from_json(object)}, {}};
  if (command == "free") return {host::Free{BindId{whole<std::uint32_t>(object.at("bind_id"))}}, {}};
  if (command != "query") throw std::invalid_argument("no such command");
  ControlRequest request;
  host::Query query;
  for (const json& text : object.at("places")) {
    request.places.push_back(parsed(text, host::parse_place));
    query.tuples.push_back(host::tuple_for(request.places.back()));
  }
  if (request.places.size() > max_places) throw std::invalid_argument("too many places");
  request.order = std::move(query);
  return request;
}

}  // namespace

std::string control_path(const std::string& runtime_dir, const std::string& device) {
  return runtime_dir + "/" + device + ".sock";
}

json assign_request(const host::Wish& wish) {
  json object{{"command", "assign"},
              {"kind", host::name(wish.kind)},
              {"ports", wish.ports},
              {"spis", wish.spis},
              {"tunnel", host::name(wish.tunnel)}};
  if (wish.address) object["address"] = to_string(*wish.address);
  if (!wish.local_ports.empty()) object["local_ports"] = to_json(wish.local_ports);
  if (wish.remote) object["remote"] = host::to_string(*wish.remote);
  if (wish.lease) object["lease"] = wish.lease->count();
  return object;
}

json free_request(BindId bind) {
  return {{"command", "free"}, {"bind_id", number(bind)}};
}

json query_request(const std::vector<host::Place>& places) {
  json list = json::array();
  for (const host::Place& place : places) list.push_back(host::to_string(place));
  return {{"command", "query"}, {"places", std::move(list)}};
}

tl::expected<ControlRequest, std::string> parse_request(const std::string& line) {
  try {
    return request_from_json(json::parse(line));
  } catch (const std::exception& wrong) {
    return tl::unexpected(std::string("not a request of rsip's (") + wrong.what() + ")");
  }
}

json binding_response(const Lease& lease) {
  return {{"ok", true}, {"binding", to_json(lease)}};
}

json places_response(const std::vector<host::Located>& places) {
  json list = json::array();
  for (const host::Located& each : places) {
    list.push_back({{"place", host::to_string(each.place)}, {"locality", host::name(each.locality)}});
  }
  return {{"ok", true}, {"places", std::move(list)}};
}

json failure_response(ExitCode exit, const std::string& text) {
  return {{"ok", false}, {"exit", static_cast<int>(exit)}, {"error", text}};
}

}  // namespace rsip::program
