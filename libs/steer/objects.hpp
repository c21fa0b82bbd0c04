// SPDX-License-Identifier: GPL-2.0-or-later
// What there is in our tables beside rules and elements: as the rules' text has them, and as the kernel does.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "steer/element.hpp"
#include "types/result.hpp"

namespace rsip::steer {

struct Object {
  enum class Kind : std::uint8_t {
    chain,
    set,  ///< or a map
    counter,
    device,  ///< on which a chain of table netdev is hooked
  };
  Family family = Family::ip;
  Kind kind = Kind::chain;
  std::string name;
  friend auto operator<=>(const Object&, const Object&) = default;
};

using Objects = std::set<Object>;

/// Of the skeleton's text.
Objects declared_objects(std::string_view text);

/// In the network namespace of the caller, without the sets that belong to a single rule. None where the tables are not
/// there.
Result<Objects> present_objects();

/// NFT_TABLE_F_PERSIST, which <linux/netfilter/nf_tables.h> of Debian 12 is too old for.
inline constexpr std::uint32_t table_persists = 1U << 2;

/// Those of our tables that there are in the network namespace of the caller, by whether they were made to have an
/// owner and to outlive it.
using Tables = std::map<Family, bool>;
Result<Tables> present_tables();

}  // namespace rsip::steer
