// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>

#include "rsipctl/answer.hpp"
#include "rsipctl/text.hpp"

namespace rsip::ctl {

using nlohmann::json;

int status(const Options& options) {
  return print_one(options, {{"command", "status"}}, [](const json& item) {
    std::cout << "rsipd " << text_of(item, "version") << ", process " << text_of(item, "pid") << ", up "
              << text_of(item, "uptime") << " s\n"
              << (item.at("draining").get<bool>() ? "draining: no new leases (rsipctl drain --off)\n" : "")
              << (item.at("journal_failed").get<bool>() ? "the journal cannot be written to: nothing is given\n" : "")
              << (item.at("tables_owned").get<bool>() ? "the kernel lets nobody else change the tables\n" : "")
              << text_of(item, "hosts") << " hosts of at most " << text_of(item, "max_hosts") << ", "
              << text_of(item, "bindings") << " bindings, " << text_of(item, "connections") << " TCP connections, "
              << text_of(item, "watchers") << " who watch\n";
  });
}

}  // namespace rsip::ctl
