// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>
#include <iostream>

#include "rsipctl/answer.hpp"
#include "rsipctl/control.hpp"
#include "steer/take_out.hpp"

namespace rsip::ctl {

int remove(const Options& options) {
  const Result<void> asked = ask(options.control, {{"command", "status"}});
  if (asked) {
    std::cerr << "rsipctl: rsipd runs and would put all back; stop it first\n";
    return exit_failure;
  }
  if (asked.error().code != ENOENT && asked.error().code != ECONNREFUSED) return fail(asked.error());
  Result<steer::Nft> nft = steer::Nft::open();
  if (!nft) return fail(nft.error());
  const Result<void> removed = steer::take_out(*nft);
  return removed ? exit_ok : fail(removed.error());
}

}  // namespace rsip::ctl
