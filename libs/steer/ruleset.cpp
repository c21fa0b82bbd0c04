// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/ruleset.hpp"

#include <nftables/libnftables.h>

#include <algorithm>
#include <memory>

#include "steer/objects.hpp"

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

/// The skeleton as it is where its tables stay.
std::string keeping_tables(std::string_view skeleton) {
  // "delete" with its table would take the elements along; the sets with elements of their own are filled again.
  constexpr std::string_view begin = "delete table";
  std::string text(skeleton);
  for (std::size_t place = text.find(begin); place != std::string::npos; place = text.find(begin, place)) {
    text.replace(place, begin.size(), "flush table");
  }
  return "flush set netdev rsip own_ike\nflush set ip rsip own_ike\n" + text;
}

}  // namespace

Result<bool> renew(std::string_view skeleton) {
  const Result<Objects> present = present_objects();
  if (!present) return tl::unexpected(present.error());
  if (*present == declared_objects(skeleton) && load(keeping_tables(skeleton))) return true;
  // There are others, or of another kind, or devices: as after an upgrade, or where somebody has changed them.
  if (const Result<void> done = load(skeleton); !done) return tl::unexpected(done.error());
  return false;
}

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
