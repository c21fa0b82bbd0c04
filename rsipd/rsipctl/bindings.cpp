// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>

#include "rsipctl/answer.hpp"
#include "rsipctl/text.hpp"

namespace rsip::ctl {

using nlohmann::json;

int bindings(const Options& options, const std::string& host) {
  json request{{"command", "bindings"}};
  if (!host.empty()) request["host"] = host;
  return print_list(
      options, request,
      {{"HOST", 15}, {"BIND", 5}, {"METHOD", 7}, {"ADDRESS", 15}, {"DEVICE", 8}, {"EXPIRES", 7}, {"RESOURCES", 0}},
      [](const json& item) -> std::vector<std::string> {
        return {text_of(item, "host"),   text_of(item, "bind"),       text_of(item, "method"), text_of(item, "address"),
                text_of(item, "device"), seconds_of(item, "expires"), resources_of(item)};
      });
}

int show(const Options& options, const std::string& host, std::uint32_t bind) {
  return print_one(options, {{"command", "show"}, {"host", host}, {"bind", bind}}, [](const json& item) {
    const auto line = [](const char* title, const std::string& text) { std::cout << title << text << '\n'; };
    const auto list = [](const json& texts) {
      std::string joined;
      for (const json& text : texts) joined += (joined.empty() ? "" : ",") + text.get<std::string>();
      return joined.empty() ? "-" : joined;
    };
    line("host:       ", text_of(item, "host"));
    line("client ID:  ", text_of(item, "client"));
    line("bind ID:    ", text_of(item, "bind"));
    line("method:     ", text_of(item, "method"));
    line("address:    ", text_of(item, "address"));
    line("ports:      ", item.at("whole").get<bool>() ? "all" : ranges_of(item.at("ports"), false));
    line("SPIs:       ", item.at("whole").get<bool>() ? "all" : ranges_of(item.at("spis"), true));
    line("prefix:     ", text_of(item, "prefix"));
    line("cookies:    ", list(item.at("cookies")));
    line("IKE peers:  ", list(item.at("ike_peers")));
    line("remotes:    ", item.at("remotes").empty() ? "any" : remotes_of(item.at("remotes")));
    line("tunnel:     ", text_of(item, "tunnel") + ", " + text_of(item, "device"));
    line("expires in: ", text_of(item, "expires") + " s");
  });
}

}  // namespace rsip::ctl
