// SPDX-License-Identifier: GPL-2.0-or-later
// What is in force as the kernel has it, whether or not rsipd runs.
#include <iomanip>
#include <iostream>
#include <sstream>

#include "rsipctl/answer.hpp"
#include "rsipctl/tables.hpp"
#include "rsipctl/text.hpp"

namespace rsip::ctl {

using nlohmann::json;

namespace {

json json_of(const std::vector<Range>& ranges) {
  json list = json::array();
  for (const Range& range : ranges) list.push_back({{"first", range.first}, {"last", range.last}});
  return list;
}

json json_of(const std::vector<Remote>& remotes) {
  json list = json::array();
  for (const Remote& remote : remotes) {
    list.push_back({{"address", remote.address}, {"port", remote.port == 0 ? json() : json(remote.port)}});
  }
  return list;
}

json json_of(const std::vector<std::uint64_t>& cookies) {
  json list = json::array();
  for (const std::uint64_t cookie : cookies) {
    std::ostringstream text;
    text << "0x" << std::hex << std::setw(16) << std::setfill('0') << cookie;
    list.push_back(text.str());
  }
  return list;
}

json json_of(const Binding& binding) {
  return {{"client", std::stoull(binding.client)},
          {"bind", std::stoull(binding.bind)},
          {"host", binding.host},
          {"address", binding.address},
          {"device", binding.device},
          {"whole", binding.whole},
          {"remotes", json_of(binding.remotes)},
          {"ports", json_of(binding.ports)},
          {"spis", json_of(binding.spis)},
          {"cookies", json_of(binding.cookies)},
          {"expires", binding.expires}};
}

}  // namespace

int kernel_bindings(const Options& options, const std::string& host) {
  const Result<std::vector<Binding>> found = bindings();
  if (!found) return fail(found.error());
  json list = json::array();
  for (const Binding& binding : *found) {
    if (host.empty() || binding.host == host) list.push_back(json_of(binding));
  }
  if (options.json) {
    std::cout << list.dump() << '\n';
    return exit_ok;
  }
  Table table(std::cout, {{"HOST", 15}, {"BIND", 5}, {"ADDRESS", 15}, {"DEVICE", 8}, {"EXPIRES", 7}, {"RESOURCES", 0}});
  for (const json& item : list) {
    table.row({text_of(item, "host"), text_of(item, "bind"), text_of(item, "address"), text_of(item, "device"),
               seconds_of(item, "expires"), resources_of(item)});
  }
  return exit_ok;
}

int kernel_counters(const Options& options) {
  const Result<std::vector<Counter>> found = counters();
  if (!found) return fail(found.error());
  json list = json::array();
  for (const Counter& counter : *found) {
    list.push_back(
        {{"name", counter.name}, {"meaning", counter.meaning}, {"packets", counter.packets}, {"bytes", counter.bytes}});
  }
  if (options.json) {
    std::cout << list.dump() << '\n';
    return exit_ok;
  }
  Table table(std::cout, {{"COUNTER", 18}, {"PACKETS", 12, true}, {"MEANING", 0}});
  for (const Counter& counter : *found) table.row({counter.name, std::to_string(counter.packets), counter.meaning});
  return exit_ok;
}

}  // namespace rsip::ctl
