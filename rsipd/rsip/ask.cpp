// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>

#include "rsip/commands.hpp"
#include "rsip/control_client.hpp"
#include "rsip/control_message.hpp"

namespace rsip::program {
namespace {

using nlohmann::json;

json request_of(const Options& options) {
  switch (options.command) {
    case Command::free:
      return free_request(options.bind);
    case Command::query:
      return query_request(options.places);
    default:
      return assign_request(options.wish);
  }
}

void print_binding(const Options& options, const Lease& lease) {
  const host::Grant& grant = lease.grant;
  std::cout << "binding " << number(grant.bind) << ", " << host::name(grant.kind);
  if (options.command == Command::free) {
    std::cout << ": given back, " << to_string(grant.address) << '\n';
  } else {
    std::cout << ": " << describe(grant, grant.lease.count()) << '\n';
  }
}

void print(const Options& options, const json& response) {
  const json& answer = response.at(options.command == Command::query ? "places" : "binding");
  if (options.json) {
    std::cout << answer.dump() << '\n';
  } else if (options.command == Command::query) {
    for (const json& each : answer) {
      std::cout << each.at("place").get<std::string>() << ' ' << each.at("locality").get<std::string>() << '\n';
    }
  } else {
    print_binding(options, lease_from_json(answer));
  }
}

}  // namespace

int ask(const Options& options) {
  const Result<json> response = ask_instance(options.runtime_dir, options.device, request_of(options));
  if (!response) {
    std::cerr << "rsip: " << response.error().what << "; " << response.error().remedy << '\n';
    return response.error().code == ENOENT ? exit_refused : exit_code_of(response.error());
  }
  if (!response->at("ok").get<bool>()) {
    std::cerr << "rsip: " << response->at("error").get<std::string>() << '\n';
    return response->at("exit").get<int>();
  }
  print(options, *response);
  return exit_ok;
}

}  // namespace rsip::program
