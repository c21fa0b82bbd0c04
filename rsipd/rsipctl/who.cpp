// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctime>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "rsipctl/answer.hpp"
#include "rsipctl/text.hpp"

namespace rsip::ctl {

using nlohmann::json;

namespace {

/// Unix time: "now", "@1790000000", "2026-11-25T12:30:00Z", or without the Z in this machine's time zone.
std::optional<std::int64_t> time_of(std::string text) {
  if (text == "now") return std::time(nullptr);
  if (text.starts_with('@')) {
    std::istringstream stream(text.substr(1));
    std::int64_t seconds = 0;
    return stream >> seconds && stream.eof() ? std::optional(seconds) : std::nullopt;
  }
  const bool utc = text.ends_with('Z');
  if (utc) text.pop_back();
  for (const char* form : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"}) {
    std::istringstream stream(text);
    std::tm parts{};
    if (!(stream >> std::get_time(&parts, form)) || stream.peek() != std::istringstream::traits_type::eof()) continue;
    parts.tm_isdst = -1;
    return utc ? ::timegm(&parts) : std::mktime(&parts);
  }
  return std::nullopt;
}

/// "2026-11-25 12:30:00", in this machine's time zone; "now" where it has not ended.
std::string date_of(const json& seconds) {
  if (seconds.is_null()) return "now";
  const std::time_t time = seconds.get<std::time_t>();
  std::tm parts{};
  std::ostringstream text;
  text << std::put_time(::localtime_r(&time, &parts), "%Y-%m-%d %H:%M:%S");
  return text.str();
}

}  // namespace

int who(const Options& options, const std::string& address, const std::string& number, const std::string& time) {
  const auto wrong = [](const std::string& what) {
    std::cerr << "rsipctl: " << what << " (see rsipctl who --help)\n";
    return exit_usage;
  };
  const std::optional<std::int64_t> at = time_of(time);
  if (!at) return wrong("TIME: '" + time + "' is no date such as 2026-11-25T12:30:00Z");
  const bool is_spi = number.starts_with("0x");
  std::istringstream stream(is_spi ? number.substr(2) : number);
  std::uint64_t value = 0;
  if (is_spi) stream >> std::hex;
  if (!(stream >> value) || !stream.eof() || value > (is_spi ? UINT32_MAX : UINT16_MAX)) {
    return wrong("'" + number + "' is neither a port nor an SPI, which begins with 0x");
  }
  return print_list(
      options, {{"command", "who"}, {"address", address}, {is_spi ? "spi" : "port", value}, {"time", *at}},
      {{"HOST", 15}, {"CLIENT", 10}, {"BIND", 5}, {"METHOD", 7}, {"FROM", 19}, {"UNTIL", 19}, {"RESOURCES", 0}},
      [](const json& item) -> std::vector<std::string> {
        return {text_of(item, "host"),    text_of(item, "client"),   text_of(item, "bind"), text_of(item, "method"),
                date_of(item.at("from")), date_of(item.at("until")), resources_of(item)};
      });
}

}  // namespace rsip::ctl
