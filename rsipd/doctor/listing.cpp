// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/listing.hpp"

#include <nftables/libnftables.h>

#include <memory>

namespace rsip::doctor {

using nlohmann::json;

namespace {

struct FreeContext {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

/// The items of an answer.
Result<json> run(nft_ctx* nft, const std::string& command) {
  if (nft_run_cmd_from_buffer(nft, command.c_str()) != 0) {
    return failure(EPERM, "list nftables tables", "needs root, in the network namespace of rsipd");
  }
  const json answer = json::parse(nft_ctx_get_output_buffer(nft), nullptr, false);
  if (!answer.is_object() || !answer.contains("nftables")) return failure(EBADMSG, "read what libnftables lists");
  return answer["nftables"];
}

}  // namespace

Result<json> list_foreign_tables() {
  const std::unique_ptr<nft_ctx, FreeContext> nft(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!nft || nft_ctx_buffer_output(nft.get()) != 0 || nft_ctx_buffer_error(nft.get()) != 0) {
    return failure(ENOMEM, "list nftables tables");
  }
  nft_ctx_output_set_flags(nft.get(), NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_TERSE);
  Result<json> tables = run(nft.get(), "list tables");
  if (!tables) return tables;
  json all = json::array();
  for (const json& item : *tables) {
    if (!item.contains("table") || item["table"].value("name", "") == "rsip") continue;
    Result<json> table =
        run(nft.get(), "list table " + item["table"].value("family", "") + " " + item["table"].value("name", ""));
    if (!table) return table;
    all.insert(all.end(), table->begin(), table->end());
  }
  return json{{"nftables", std::move(all)}};
}

}  // namespace rsip::doctor
