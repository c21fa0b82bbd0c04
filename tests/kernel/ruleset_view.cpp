// SPDX-License-Identifier: GPL-2.0-or-later
#include "ruleset_view.hpp"

#include <nftables/libnftables.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace rsip::test {
namespace {

using nlohmann::json;

std::string run(const std::string& command, unsigned int flags) {
  const std::unique_ptr<nft_ctx, void (*)(nft_ctx*)> context(nft_ctx_new(NFT_CTX_DEFAULT), nft_ctx_free);
  nft_ctx_buffer_output(context.get());
  nft_ctx_buffer_error(context.get());
  nft_ctx_output_set_flags(context.get(), flags);
  if (nft_run_cmd_from_buffer(context.get(), command.c_str()) != 0) {
    throw std::runtime_error(command + ": " + nft_ctx_get_error_buffer(context.get()));
  }
  return nft_ctx_get_output_buffer(context.get());
}

json ask(const std::string& command) {
  return json::parse(run(command, NFT_CTX_OUTPUT_JSON)).at("nftables");
}

std::string text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string key_text(const json& value) {
  if (!value.is_object()) return text(value);
  std::string key;
  for (const json& part : value.at("concat")) key += (key.empty() ? "" : " . ") + text(part);
  return key;
}

SeenElement read_element(const json& value) {
  SeenElement seen;
  const bool in_map = value.is_array();
  const json& key = in_map ? value.at(0) : value;
  if (in_map) seen.device = text(value.at(1));
  if (!key.is_object() || !key.contains("elem")) {
    seen.key = key_text(key);
    return seen;
  }
  const json& details = key.at("elem");
  seen.key = key_text(details.at("val"));
  seen.timeout = details.value("timeout", std::uint64_t{0});
  seen.expires = details.value("expires", std::uint64_t{0});
  seen.comment = details.value("comment", "");
  return seen;
}

}  // namespace

std::vector<SeenElement> elements_of(const std::string& set) {
  const bool is_map = set.find("_in") != std::string::npos || set.find("spi_out") != std::string::npos;
  std::vector<SeenElement> seen;
  for (const json& object : ask(std::string("list ") + (is_map ? "map " : "set ") + set)) {
    for (const char* kind : {"map", "set"}) {
      if (!object.contains(kind)) continue;
      const json elements = object.at(kind).value("elem", json::array());
      for (const json& value : elements) seen.push_back(read_element(value));
    }
  }
  return seen;
}

SeenElement element_of(const std::string& set, const std::string& key) {
  for (const SeenElement& seen : elements_of(set)) {
    if (seen.key == key) return seen;
  }
  return {};
}

std::uint64_t counter_of(const std::string& counter) {
  for (const json& object : ask("list counter " + counter)) {
    if (object.contains("counter")) return object.at("counter").at("packets").get<std::uint64_t>();
  }
  throw std::runtime_error("no counter " + counter);
}

std::vector<std::string> tables() {
  std::vector<std::string> names;
  for (const json& object : ask("list tables")) {
    if (!object.contains("table")) continue;
    const json& table = object.at("table");
    names.push_back(table.at("family").get<std::string>() + " " + table.at("name").get<std::string>());
  }
  return names;
}

std::string ruleset_text() {
  return run("list ruleset", 0);
}

std::multiset<std::string> ruleset_lines() {
  static const std::regex times(" expires [0-9a-z]+");
  std::istringstream text(ruleset_text());
  std::multiset<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.insert(std::regex_replace(line, times, ""));
  return lines;
}

}  // namespace rsip::test
