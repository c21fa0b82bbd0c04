// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/ruleset.hpp"

#include <nftables/libnftables.h>

#include <algorithm>
#include <memory>

namespace rsip::steer {
namespace {

struct Free {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

Result<void> run(std::string_view text, bool dry_run, const char* what) {
  const std::unique_ptr<nft_ctx, Free> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context) return failure(ENOMEM, what);
  nft_ctx_set_dry_run(context.get(), dry_run);
  if (nft_ctx_buffer_error(context.get()) != 0 || nft_ctx_buffer_output(context.get()) != 0) {
    return failure(ENOMEM, what);
  }
  errno = 0;
  if (nft_run_cmd_from_buffer(context.get(), std::string(text).c_str()) == 0) return {};
  std::string words = nft_ctx_get_error_buffer(context.get());
  words.resize(std::min(words.find('\n'), words.size()));  // the lines that follow draw the place in the text
  return failure(0, std::string(what) + ": " + words);
}

}  // namespace

Result<void> load(std::string_view text) {
  return run(text, false, "load the nftables rules");
}

Result<void> check(std::string_view text) {
  return run(text, true, "check the nftables rules");
}

Result<void> unload() {
  return run("table netdev rsip\ndelete table netdev rsip\ntable ip rsip\ndelete table ip rsip\n", false,
             "delete the nftables tables");
}

}  // namespace rsip::steer
