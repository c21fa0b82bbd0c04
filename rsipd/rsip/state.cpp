// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/state.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "host/atomic_file.hpp"

namespace rsip::program {
namespace {

using nlohmann::json;

constexpr int version = 2;
constexpr std::string_view suffix = ".json";

std::string path_of(const std::string& runtime_dir, const std::string& device) {
  return runtime_dir + "/" + device + std::string(suffix);
}

json selector_to_json(const host::Selector& selector) {
  json object{{"from", to_string(selector.from)}};
  if (selector.sport) object["sport"] = to_json(std::vector{*selector.sport}).front();
  if (selector.protocol) object["protocol"] = *selector.protocol;
  return object;
}

host::Selector selector_from_json(const json& object) {
  host::Selector selector{address_from_json(object.at("from")), std::nullopt, std::nullopt};
  if (object.contains("sport")) selector.sport = ports_from_json(json::array({object.at("sport")})).front();
  if (object.contains("protocol")) selector.protocol = object.at("protocol").get<std::uint8_t>();
  return selector;
}

json network_to_json(const host::Network& network) {
  json addresses = json::array();
  for (const Ipv4 address : network.addresses) addresses.push_back(to_string(address));
  json selectors = json::array();
  for (const host::Selector& selector : network.selectors) selectors.push_back(selector_to_json(selector));
  return {{"device", network.device},
          {"tunnel", host::name(network.tunnel)},
          {"local", to_string(network.local)},
          {"remote", to_string(network.remote)},
          {"addresses", std::move(addresses)},
          {"selectors", std::move(selectors)},
          {"table", network.table},
          {"rule_priority", network.priority},
          {"default_route", network.default_route}};
}

/// What all versions have in common.
host::Network network_from_json(const json& object, const State& state) {
  host::Network network;
  network.device = state.device;
  network.gateway = state.peer.gateway;
  network.local = address_from_json(object.at("local"));
  network.remote = address_from_json(object.at("remote"));
  network.table = object.at("table").get<std::uint32_t>();
  network.priority = object.at("rule_priority").get<std::uint32_t>();
  network.default_route = object.at("default_route").get<bool>();
  return network;
}

host::Network network_of_version_1(const json& object, const State& state) {
  host::Network network = network_from_json(object, state);
  const Ipv4 address = address_from_json(object.at("address"));
  if (address != Ipv4{}) network.addresses = {address};
  return network;
}

host::Network network_of_version_2(const json& object, const State& state) {
  host::Network network = network_from_json(object, state);
  network.device = object.at("device").get<std::string>();
  const std::optional<TunnelType> tunnel = host::parse_tunnel(object.at("tunnel").get<std::string>());
  if (!tunnel) throw std::invalid_argument("another type of tunnel");
  network.tunnel = *tunnel;
  for (const json& address : object.at("addresses")) network.addresses.push_back(address_from_json(address));
  for (const json& selector : object.at("selectors")) network.selectors.push_back(selector_from_json(selector));
  return network;
}

json followed_to_json(const Followed& followed) {
  json object{{"bind_ids", json::array()}, {"in_use", followed.in_use}};
  for (const BindId bind : followed.binds) object["bind_ids"].push_back(number(bind));
  if (followed.last) object["last_us"] = followed.last->count();
  if (followed.largest) object["largest_us"] = followed.largest->count();
  return object;
}

Followed followed_from_json(const json& object) {
  Followed followed;
  for (const json& bind : object.at("bind_ids")) followed.binds.push_back(BindId{bind.get<std::uint32_t>()});
  const auto microseconds = [&object](const char* key) -> std::optional<std::chrono::microseconds> {
    if (!object.contains(key)) return std::nullopt;
    return std::chrono::microseconds(object.at(key).get<std::int64_t>());
  };
  followed.last = microseconds("last_us");
  followed.largest = microseconds("largest_us");
  followed.in_use = object.at("in_use").get<std::uint32_t>();
  return followed;
}

/// Throws what nlohmann/json throws, or std::invalid_argument.
State state_from_json(const json& object) {
  const int found = object.at("version").get<int>();
  if (found != 1 && found != version) throw std::invalid_argument("another version");
  State state;
  state.pid = object.at("pid").get<std::int64_t>();
  state.device = object.at("device").get<std::string>();
  state.peer.gateway = address_from_json(object.at("gateway"));
  state.peer.port = object.at("gateway_port").get<std::uint16_t>();
  state.peer.protocol = object.at("transport") == "udp" ? host::Protocol::udp : host::Protocol::tcp;
  state.strongswan = object.value("strongswan", "");
  for (const json& item : object.at("networks")) {
    state.networks.push_back(found == 1 ? network_of_version_1(item, state) : network_of_version_2(item, state));
  }
  if (object.contains("lease")) state.lease = lease_from_json(object.at("lease"));
  for (const json& item : object.value("further", json::array())) state.further.push_back(lease_from_json(item));
  if (object.contains("followed")) state.followed = followed_from_json(object.at("followed"));
  return state;
}

}  // namespace

json to_json(const State& state) {
  json networks = json::array();
  for (const host::Network& network : state.networks) networks.push_back(network_to_json(network));
  json object{{"version", version},
              {"pid", state.pid},
              {"device", state.device},
              {"phase", state.lease ? "up" : "starting"},
              {"gateway", to_string(state.peer.gateway)},
              {"gateway_port", state.peer.port},
              {"transport", state.peer.protocol == host::Protocol::udp ? "udp" : "tcp"},
              {"networks", std::move(networks)}};
  if (!state.strongswan.empty()) object["strongswan"] = state.strongswan;
  if (!state.lease) return object;
  object["lease"] = to_json(*state.lease);
  object["further"] = json::array();
  for (const Lease& lease : state.further) object["further"].push_back(to_json(lease));
  if (state.followed) object["followed"] = followed_to_json(*state.followed);
  return object;
}

std::string describe(const State& state, std::int64_t left) {
  return describe(state.lease->grant, left) + " from " + to_string(state.peer.gateway);
}

Result<void> write_state(const std::string& runtime_dir, const State& state) {
  return host::write_atomically(path_of(runtime_dir, state.device), to_json(state).dump(2) + "\n");
}

Result<void> remove_state(const std::string& runtime_dir, const std::string& device) {
  return host::remove_file(path_of(runtime_dir, device));
}

Result<std::optional<State>> read_state(const std::string& runtime_dir, const std::string& device) {
  const std::string path = path_of(runtime_dir, device);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    if (error) return failure(error.value(), "read " + path);
    return std::nullopt;
  }
  std::ifstream file(path);
  if (!file) return failure(errno, "read " + path, "run rsip as root");
  try {
    return state_from_json(json::parse(file));
  } catch (const std::exception& wrong) {
    return failure(EBADMSG, path + " is not a state of rsip's (" + wrong.what() + ")", "remove the file");
  }
}

std::vector<std::string> devices_with_state(const std::string& runtime_dir) {
  std::vector<std::string> devices;
  std::error_code error;  // a directory that cannot be read has no instances to find
  for (const auto& entry : std::filesystem::directory_iterator(runtime_dir, error)) {
    if (entry.path().extension() == suffix) devices.push_back(entry.path().stem().string());
  }
  return devices;
}

}  // namespace rsip::program
