// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/state.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <stdexcept>

#include "host/atomic_file.hpp"

namespace rsip::program {
namespace {

using nlohmann::json;

constexpr int version = 1;
constexpr std::string_view suffix = ".json";

std::string path_of(const std::string& runtime_dir, const std::string& device) {
  return runtime_dir + "/" + device + std::string(suffix);
}

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
    runs.push_back({static_cast<Id>(first), static_cast<std::uint32_t>(last - first) + 1});
  }
  return runs;
}

Ipv4 address_from_json(const json& text) {
  const std::optional<Ipv4> address = parse_ipv4(text.get<std::string>());
  if (!address) throw std::invalid_argument("not an IPv4 address");
  return *address;
}

json network_to_json(const host::Network& network) {
  return {{"local", to_string(network.local)},     {"remote", to_string(network.remote)},
          {"address", to_string(network.address)}, {"table", network.table},
          {"rule_priority", network.priority},     {"default_route", network.default_route}};
}

json lease_to_json(const Lease& lease) {
  const host::Grant& grant = lease.grant;
  return {{"client_id", number(grant.client)},
          {"bind_id", number(grant.bind)},
          {"address", to_string(grant.address)},
          {"ports", runs_to_json(grant.ports)},
          {"spis", runs_to_json(grant.spis)},
          {"seconds", grant.lease.count()},
          {"ends", lease.ends}};
}

Lease lease_from_json(const json& object) {
  Lease lease;
  lease.grant.client = ClientId{object.at("client_id").get<std::uint32_t>()};
  lease.grant.bind = BindId{object.at("bind_id").get<std::uint32_t>()};
  lease.grant.address = address_from_json(object.at("address"));
  lease.grant.ports = runs_from_json<Port>(object.at("ports"));
  lease.grant.spis = runs_from_json<Spi>(object.at("spis"));
  lease.grant.lease = LeaseTime(object.at("seconds").get<std::uint32_t>());
  lease.ends = object.at("ends").get<std::int64_t>();
  return lease;
}

/// Throws what nlohmann/json throws, or std::invalid_argument.
State state_from_json(const json& object) {
  if (object.at("version").get<int>() != version) throw std::invalid_argument("another version");
  State state;
  state.pid = object.at("pid").get<std::int64_t>();
  state.device = object.at("device").get<std::string>();
  state.peer.gateway = address_from_json(object.at("gateway"));
  state.peer.port = object.at("gateway_port").get<std::uint16_t>();
  state.peer.protocol = object.at("transport") == "udp" ? host::Protocol::udp : host::Protocol::tcp;
  state.strongswan = object.value("strongswan", "");
  for (const json& item : object.at("networks")) {
    state.networks.push_back({state.device, state.peer.gateway, address_from_json(item.at("local")),
                              address_from_json(item.at("remote")), address_from_json(item.at("address")),
                              item.at("table").get<std::uint32_t>(), item.at("rule_priority").get<std::uint32_t>(),
                              item.at("default_route").get<bool>()});
  }
  if (object.contains("lease")) state.lease = lease_from_json(object.at("lease"));
  return state;
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
  if (state.lease) object["lease"] = lease_to_json(*state.lease);
  return object;
}

std::string describe(const State& state, std::int64_t left) {
  std::ostringstream text;
  const host::Grant& grant = state.lease->grant;
  text << to_string(grant.address);
  put_runs(text, "ports", grant.ports, false);
  put_runs(text, "SPIs", grant.spis, true);
  text << ", lease " << left << " s from " << to_string(state.peer.gateway);
  return text.str();
}

std::int64_t unix_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
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
