// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>

#include "rsipctl/answer.hpp"

namespace rsip::ctl {

using nlohmann::json;

namespace {

/// "{request=\"FREE_REQUEST\",result=\"OK\"}", as Prometheus writes it.
std::string labels_of(const json& sample) {
  std::string text;
  for (const auto& [name, value] : sample.at("labels").items()) {
    text += (text.empty() ? "" : ",") + name + "=" + value.dump();
  }
  return text.empty() ? "" : "{" + text + "}";
}

}  // namespace

int metrics(const Options& options) {
  if (options.json) return print_list(options, {{"command", "metrics"}}, {}, {});
  return print_one(options, {{"command", "metrics"}}, [](const json& family) {
    const auto name = family.at("name").get<std::string>();
    for (const json& sample : family.at("samples")) {
      const std::string labels = labels_of(sample);
      if (family.at("type") == "histogram") {
        std::cout << name << "_count" << labels << ' ' << sample.at("count") << '\n';
        std::cout << name << "_sum" << labels << ' ' << sample.at("sum") << '\n';
      } else {
        std::cout << name << labels << ' ' << sample.at("value") << '\n';
      }
    }
  });
}

}  // namespace rsip::ctl
