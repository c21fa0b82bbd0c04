// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/ruleset.hpp"

#include <nftables/libnftables.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "steer/flat.hpp"
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

std::string_view word(Family family) {
  return family == Family::netdev ? "netdev" : "ip";
}

Objects devices(const Objects& objects) {
  Objects found;
  std::ranges::copy_if(objects, std::inserter(found, found.end()),
                       [](const Object& object) { return object.kind == Object::Kind::device; });
  return found;
}

/// What others have added; and the chains by whose hook that is so: Linux 6.1 hooks a chain that is there on no other
/// devices.
Objects in_the_way(const Objects& present, const Objects& declared) {
  const bool hooked_elsewhere = devices(present) != devices(declared);
  Objects found;
  for (const Object& object : present) {
    const bool hooked = object.kind == Object::Kind::chain && object.family == Family::netdev;
    if (!declared.contains(object) || (hooked && hooked_elsewhere)) found.insert(object);
  }
  return found;
}

/// Sets before chains, to which the elements of a verdict map may lead.
std::string deletion_of(const Objects& objects) {
  constexpr std::pair<Object::Kind, const char*> order[] = {{Object::Kind::set, "delete set "},
                                                            {Object::Kind::chain, "delete chain "},
                                                            {Object::Kind::counter, "delete counter "}};
  std::string text;
  for (const auto& [kind, command] : order) {
    for (const Object& object : objects) {
      if (object.kind != kind) continue;
      text.append(command).append(word(object.family)).append(" rsip ").append(object.name) += '\n';
    }
  }
  return text;
}

/// The same sets may be declared with other elements of their own.
std::string emptying_of(const Objects& present, const Objects& gone) {
  std::string text;
  for (const Family family : {Family::netdev, Family::ip}) {
    const Object set{family, Object::Kind::set, "own_ike"};
    if (!present.contains(set) || gone.contains(set)) continue;
    text.append("flush set ").append(word(family)).append(" rsip ").append(set.name) += '\n';
  }
  return text;
}

/// Makes the tables where they are not there, and wakes one that somebody has put to sleep (flags dormant). One that
/// has had an owner is there.
std::string making_of_tables(const Tables& present) {
  std::string text;
  for (const Family family : {Family::netdev, Family::ip}) {
    const auto table = present.find(family);
    if (table == present.end() || !table->second) {
      text.append("add table ").append(word(family)) += " rsip\n";
    }
    text.append("flush table ").append(word(family)) += " rsip\n";  // of its rules
  }
  return text;
}

}  // namespace

Result<void> renew(std::string_view skeleton) {
  const Result<Tables> tables = present_tables();
  if (!tables) return tl::unexpected(tables.error());
  const Result<Objects> present = present_objects();
  if (!present) return tl::unexpected(present.error());
  const Objects gone = in_the_way(*present, declared_objects(skeleton));
  const std::string begin = making_of_tables(*tables);
  const std::string commands = commands_of(skeleton);
  if (load(begin + deletion_of(gone) + emptying_of(*present, gone) + commands)) return {};
  // One is of another kind than declared, as after an upgrade.
  return load(begin + deletion_of(*present) + commands);
}

Result<void> renew(std::string_view skeleton, Nft& owner) {
  // Only a table that is made to have an owner can have one, so they are made here. The rules are written by
  // libnftables, whose socket is not the owner's.
  if (Result<void> done = owner.own_tables(); !done) return done;
  if (Result<void> done = owner.disown_tables(); !done) return done;
  const Result<void> renewed = renew(skeleton);
  Result<void> owned = owner.own_tables();
  return renewed ? owned : renewed;
}

Result<void> load(std::string_view text) {
  return run(text, false, "load the nftables rules");
}

Result<void> check(std::string_view text) {
  return run(text, true, "check the nftables rules");
}

Result<void> check_skeleton(std::string_view skeleton) {
  return check("add table netdev rsip_check\nadd table ip rsip_check\n" + commands_of(skeleton, "rsip_check"));
}

}  // namespace rsip::steer
