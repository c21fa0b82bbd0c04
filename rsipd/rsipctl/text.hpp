// SPDX-License-Identifier: GPL-2.0-or-later
// How people read what programs get as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace rsip::ctl {

/// A member as it stands, "-" where there is none or it is null.
std::string text_of(const nlohmann::json& item, const char* member);
/// "40000-40007,40020"
std::string ranges_of(const nlohmann::json& ranges, bool hexadecimal);
/// "198.51.100.2:53,198.51.100.3"
std::string remotes_of(const nlohmann::json& remotes);
/// "ports 40000-40007, SPIs 0x10000010-0x1000001f, cookies 1, remote 198.51.100.2:53"
std::string resources_of(const nlohmann::json& binding);
/// "3540s"
std::string seconds_of(const nlohmann::json& item, const char* member);
/// "1.2M", for a column
std::string amount_of(double number);

}  // namespace rsip::ctl
