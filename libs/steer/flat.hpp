// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace rsip::steer {

/// The skeleton's text as commands for tables that are there, such as "add rule ip rsip steer goto steer_address", and
/// for tables of another name where it is not "rsip".
///
/// A block "table ip rsip { ... }" sets the table's flags, too. The kernel refuses that for a table that has an owner,
/// or had one, and nft 1.0.6 knows no word for that flag.
std::string commands_of(std::string_view skeleton, std::string_view table = "rsip");

}  // namespace rsip::steer
