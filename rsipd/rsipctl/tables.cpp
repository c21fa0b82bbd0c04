// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/tables.hpp"

#include <nftables/libnftables.h>

#include <array>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <tuple>

#include "types/ipv4.hpp"

namespace rsip::ctl {

namespace {

using nlohmann::json;

struct FreeContext {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

/// "client 7 bind 3 10.0.0.11", where there may be more before the host; nothing of it where it reads otherwise.
struct Owner {
  std::string client;
  std::string bind;
  std::string host;

  static Owner parse(const std::string& comment) {
    std::istringstream words(comment);
    std::string client_word;
    std::string bind_word;
    Owner owner;
    words >> client_word >> owner.client >> bind_word >> owner.bind;
    for (std::string word; words >> word;) owner.host = word;
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

/// A binding for several remotes has all but these once for each.
struct Collected {
  Binding binding;
  std::set<std::uint64_t> ports;
  std::set<std::uint64_t> spis;
  std::set<std::uint64_t> cookies;
  std::set<Remote> remotes;
};
using Key = std::tuple<std::string, std::string>;

/// How a map's keys read: the public address, then perhaps what tells the resource apart, then perhaps the remote.
struct Form {
  using Numbers = std::set<std::uint64_t> Collected::*;
  const char* map;
  Numbers numbers = nullptr;  ///< where what follows the address belongs; null: nothing does
  int remote_parts = 0;       ///< 2: an address in halves; 1: a whole one; 0: any remote
  bool remote_port = false;
};

/// The slow path's maps without a remote have the same content as the fast path's.
constexpr std::array forms = {
    Form{"netdev rsip port_in", &Collected::ports},      Form{"netdev rsip spi_in", &Collected::spis},
    Form{"netdev rsip cookie_in", &Collected::cookies},  Form{"netdev rsip address_in"},
    Form{"ip rsip port_in_macro", &Collected::ports, 2}, Form{"ip rsip port_in_micro", &Collected::ports, 1, true},
    Form{"ip rsip spi_in_macro", &Collected::spis, 2},   Form{"ip rsip cookie_in_macro", &Collected::cookies, 2},
    Form{"ip rsip address_in_macro", nullptr, 2},        Form{"ip rsip address_in_micro", nullptr, 2, true},
};

std::string address_of_halves(std::uint64_t high, std::uint64_t low) {
  return to_string(Ipv4{static_cast<std::uint32_t>(high << 16 | low)});
}

void read_key(const Form& form, const json& value, Collected& into) {
  if (value.is_string()) {  // one part alone is no concatenation
    into.binding.address = value.get<std::string>();
    into.binding.whole = true;
    return;
  }
  const json& key = value.at("concat");
  std::size_t part = 0;
  into.binding.address = key.at(part++).get<std::string>();
  if (form.numbers != nullptr) {
    (into.*form.numbers).insert(to_number(key.at(part++)));
  } else {
    into.binding.whole = true;
  }
  Remote remote;
  if (form.remote_parts == 1) remote.address = key.at(part).get<std::string>();
  if (form.remote_parts == 2) remote.address = address_of_halves(to_number(key.at(part)), to_number(key.at(part + 1)));
  if (form.remote_port) remote.port = to_number(key.at(part + static_cast<std::size_t>(form.remote_parts)));
  if (!remote.address.empty()) into.remotes.insert(std::move(remote));
}

void collect(const Form& form, const json& map, std::map<Key, Collected>& into) {
  if (!map.contains("elem")) return;
  for (const json& pair : map.at("elem")) {
    const json& element = pair.at(0).at("elem");
    const Owner owner = Owner::parse(element.value("comment", ""));
    if (owner.client.empty()) continue;
    Collected& found = into[{owner.client, owner.bind}];
    found.binding.client = owner.client;
    found.binding.bind = owner.bind;
    found.binding.host = owner.host;
    found.binding.device = pair.at(1).get<std::string>();
    found.binding.expires = element.value("expires", std::uint64_t{0});
    read_key(form, element.at("val"), found);
  }
}

/// `nft -j list WHAT`, through libnftables: the list of objects in its answer.
Result<json> list(const std::string& object) {
  const std::string what = "list " + object;
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
  return std::move(listing.at("nftables"));
}

}  // namespace

Result<std::vector<Binding>> bindings() {
  std::map<Key, Collected> found;
  for (const Form& form : forms) {
    const Result<json> objects = list(std::string("map ") + form.map);
    if (!objects) return tl::unexpected(objects.error());
    for (const json& object : *objects) {
      if (object.contains("map")) collect(form, object.at("map"), found);
    }
  }
  std::vector<Binding> all;
  all.reserve(found.size());
  for (auto& [key, collected] : found) {
    collected.binding.ports = ranges_of(collected.ports);
    collected.binding.spis = ranges_of(collected.spis);
    collected.binding.cookies.assign(collected.cookies.begin(), collected.cookies.end());
    collected.binding.remotes.assign(collected.remotes.begin(), collected.remotes.end());
    all.push_back(std::move(collected.binding));
  }
  return all;
}

Result<std::vector<Counter>> counters() {
  const Result<json> objects = list("counters table ip rsip");
  if (!objects) return tl::unexpected(objects.error());
  std::vector<Counter> all;
  for (const json& object : *objects) {
    if (!object.contains("counter")) continue;
    const json& counter = object.at("counter");
    all.push_back({counter.at("name").get<std::string>(), counter.value("comment", ""),
                   counter.at("packets").get<std::uint64_t>(), counter.at("bytes").get<std::uint64_t>()});
  }
  return all;
}

}  // namespace rsip::ctl
