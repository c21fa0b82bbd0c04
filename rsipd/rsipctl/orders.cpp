// SPDX-License-Identifier: GPL-2.0-or-later
// The commands that change something.
#include "rsipctl/answer.hpp"

namespace rsip::ctl {

int revoke(const Options& options, const std::string& host, std::optional<std::uint32_t> bind) {
  nlohmann::json order{{"command", "revoke"}, {"host", host}};
  if (bind) order["bind"] = *bind;
  return request(options, order);
}

int drain(const Options& options, bool on) {
  return request(options, {{"command", "drain"}, {"on", on}});
}

}  // namespace rsip::ctl
