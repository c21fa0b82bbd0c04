// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/tables.hpp"

#include <nftables/libnftables.h>

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>
#include <tuple>

namespace rsip::ctl {

namespace {

using nlohmann::json;

struct FreeContext {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

/// "client 7 bind 3 10.0.0.11"; nothing of it where it reads otherwise.
struct Owner {
  std::string client;
  std::string bind;
  std::string host;

  static Owner parse(const std::string& comment) {
    std::istringstream words(comment);
    std::string client_word;
    std::string bind_word;
    Owner owner;
    words >> client_word >> owner.client >> bind_word >> owner.bind >> owner.host;
    return client_word == "client" && bind_word == "bind" ? owner : Owner{};
  }
};

/// nft prints numbers as numbers, and those it knows no type for as text such as "0xad28".
std::uint64_t to_number(const json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_string()) return std::strtoull(value.get_ref<const std::string&>().c_str(), nullptr, 0);
  return 0;
}

std::vector<Range> ranges_of(const std::set<std::uint64_t>& numbers) {
  std::vector<Range> ranges;
  for (const std::uint64_t number : numbers) {
    if (!ranges.empty() && ranges.back().last + 1 == number) {
      ranges.back().last = number;
    } else {
      ranges.push_back({number, number});
    }
  }
  return ranges;
}

struct Collected {
  Binding binding;
  std::set<std::uint64_t> ports;
  std::set<std::uint64_t> spis;
};
using Key = std::tuple<std::string, std::string>;

void collect(const json& map, std::map<Key, Collected>& into) {
  if (!map.contains("elem")) return;
  const std::string& name = map.at("name").get_ref<const std::string&>();
  for (const json& pair : map.at("elem")) {
    const json& element = pair.at(0).at("elem");
    const Owner owner = Owner::parse(element.value("comment", ""));
    if (owner.client.empty()) continue;
    const json& key = element.at("val").at("concat");
    Collected& found = into[{owner.client, owner.bind}];
    found.binding.client = owner.client;
    found.binding.bind = owner.bind;
    found.binding.host = owner.host;
    found.binding.address = key.at(0).get<std::string>();
    found.binding.device = pair.at(1).get<std::string>();
    found.binding.expires = element.value("expires", std::uint64_t{0});
    const std::uint64_t number = to_number(key.at(1));
    if (name == "port_in") found.ports.insert(number);
    if (name == "spi_in") found.spis.insert(number);
    if (name == "cookie_in") found.binding.cookies.push_back(number);
  }
}

}  // namespace

Result<json> list_table(const std::string& family) {
  const std::string what = "list table " + family + " rsip";
  const std::unique_ptr<nft_ctx, FreeContext> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context) return failure(ENOMEM, what);
  nft_ctx_output_set_flags(context.get(), NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_PROTO);
  if (nft_ctx_buffer_output(context.get()) != 0 || nft_ctx_buffer_error(context.get()) != 0) {
    return failure(ENOMEM, what);
  }
  if (nft_run_cmd_from_buffer(context.get(), what.c_str()) != 0) {
    const std::string error = nft_ctx_get_error_buffer(context.get());
    if (error.find("No such file") != std::string::npos) return failure(ENOENT, what, "is rsipd running here?");
    if (error.find("not permitted") != std::string::npos) return failure(EPERM, what, "run as root");
    return failure(0, what + ": " + error.substr(0, error.find('\n')));
  }
  json listing = json::parse(nft_ctx_get_output_buffer(context.get()), nullptr, false);
  if (listing.is_discarded() || !listing.contains("nftables")) return failure(0, what + ": nft's answer is no JSON");
  return listing;
}

std::vector<Binding> bindings_of(const json& netdev_table) {
  std::map<Key, Collected> found;
  for (const json& object : netdev_table.at("nftables")) {
    if (object.contains("map")) collect(object.at("map"), found);
  }
  std::vector<Binding> bindings;
  for (auto& [key, collected] : found) {
    collected.binding.ports = ranges_of(collected.ports);
    collected.binding.spis = ranges_of(collected.spis);
    bindings.push_back(std::move(collected.binding));
  }
  return bindings;
}

std::vector<Counter> counters_of(const json& ip_table) {
  std::vector<Counter> counters;
  for (const json& object : ip_table.at("nftables")) {
    if (!object.contains("counter")) continue;
    const json& counter = object.at("counter");
    counters.push_back({counter.at("name").get<std::string>(), counter.value("comment", ""),
                        counter.at("packets").get<std::uint64_t>(), counter.at("bytes").get<std::uint64_t>()});
  }
  return counters;
}

}  // namespace rsip::ctl
