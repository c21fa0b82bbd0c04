// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/answer.hpp"
#include "rsipctl/text.hpp"

namespace rsip::ctl {

using nlohmann::json;

int diff(const Options& options) {
  std::size_t differences = 0;
  const int status = print_list(
      options, {{"command", "diff"}}, {{"WHAT", 7}, {"OWNER", 32}, {"ELEMENT", 0}},
      [](const json& item) -> std::vector<std::string> {
        return {text_of(item, "what"), text_of(item, "owner"), text_of(item, "element")};
      },
      &differences);
  return status == exit_ok && differences > 0 ? exit_failure : status;
}

}  // namespace rsip::ctl
