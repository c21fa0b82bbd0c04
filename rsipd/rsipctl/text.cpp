// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/text.hpp"

#include <array>
#include <cstdint>
#include <iomanip>
#include <sstream>

namespace rsip::ctl {

using nlohmann::json;

std::string text_of(const json& item, const char* member) {
  const auto found = item.find(member);
  if (found == item.end() || found->is_null()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string ranges_of(const json& ranges, bool hexadecimal) {
  std::ostringstream text;
  if (hexadecimal) text << std::hex << std::showbase;
  for (const json& range : ranges) {
    const auto first = range.at("first").get<std::uint64_t>();
    const auto last = range.at("last").get<std::uint64_t>();
    if (text.tellp() > 0) text << ',';
    text << first;
    if (last != first) text << '-' << last;
  }
  return ranges.empty() ? "-" : text.str();
}

std::string remotes_of(const json& remotes) {
  std::string text;
  for (const json& remote : remotes) {
    text += (text.empty() ? "" : ",") + remote.at("address").get<std::string>();
    if (!remote.at("port").is_null()) text += ":" + remote.at("port").dump();
  }
  return text;
}

std::string resources_of(const json& binding) {
  const json& remotes = binding.at("remotes");
  std::string text = "ports " + ranges_of(binding.at("ports"), false) + ", SPIs " + ranges_of(binding.at("spis"), true);
  // For one port of a remote, a whole address is TCP and UDP alone.
  const bool by_port = !remotes.empty() && !remotes.front().at("port").is_null();
  if (binding.at("whole").get<bool>()) text = std::string("ports all, SPIs ") + (by_port ? "-" : "all");
  if (binding.contains("cookies")) text += ", cookies " + std::to_string(binding.at("cookies").size());
  if (!remotes.empty()) text += ", remote " + remotes_of(remotes);
  return text;
}

std::string seconds_of(const json& item, const char* member) {
  return text_of(item, member) + "s";
}

std::string amount_of(double number) {
  constexpr std::array<const char*, 5> units{"", "k", "M", "G", "T"};
  std::size_t unit = 0;
  for (; number >= 1000 && unit + 1 < units.size(); ++unit) number /= 1000;
  std::ostringstream text;
  text << std::fixed << std::setprecision(unit == 0 || number >= 100 ? 0 : 1) << number << units[unit];
  return text.str();
}

}  // namespace rsip::ctl
