// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsip/leftovers.hpp"

#include "host/atomic_file.hpp"
#include "rsip/control_message.hpp"

namespace rsip::program {

Result<void> remove_leftovers(host::Kernel& kernel, const std::string& runtime_dir, const State& state) {
  Result<void> first_failure;
  const auto keep_first = [&first_failure](Result<void> done) {
    if (first_failure && !done) first_failure = std::move(done);
  };
  for (const host::Network& network : state.networks) keep_first(kernel.undo(network));
  if (!state.strongswan.empty()) keep_first(host::remove_file(state.strongswan));
  keep_first(host::remove_file(control_path(runtime_dir, state.device)));
  // The file is what the next attempt goes by, so it stays while anything else does.
  return first_failure ? remove_state(runtime_dir, state.device) : first_failure;
}

}  // namespace rsip::program
