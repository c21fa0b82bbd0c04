// SPDX-License-Identifier: GPL-2.0-or-later
// Reading a QUERY_RESPONSE: which side an address, a network or a name is on (RFC 3103 section 9.15).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "types/ipv4.hpp"
#include "wire/message.hpp"

namespace rsip::host {

/// "Appropriate host behavior [...] is to assume that the queried host or network is remote" where it is unknown.
enum class Locality { local, remote, unknown };
std::string_view name(Locality locality);

/// What can be asked about: a host's address, a network, or a domain name.
using Place = std::variant<Ipv4, Prefix, std::string>;

/// "10.0.0.9", "10.0.8.0/24", "y.example.org"; nothing where it is none of these. Names come out in lower case.
std::optional<Place> parse_place(std::string_view text);
std::string to_string(const Place& place);

wire::QueryTuple tuple_for(const Place& place);

struct Located {
  Place place;
  Locality locality = Locality::unknown;
  friend bool operator==(const Located&, const Located&) = default;
};

/// What the answer says about each of `asked`: by the tuple for just this, else by the smallest network around it. With
/// nothing asked, all that the answer lists, other than IPv6 and networks that are no prefix.
std::vector<Located> located(const std::vector<Place>& asked, const std::vector<wire::QueryTuple>& answer);

}  // namespace rsip::host
