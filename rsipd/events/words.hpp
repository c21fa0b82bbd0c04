// SPDX-License-Identifier: GPL-2.0-or-later
// What our log and our answers to operators call things.
#pragma once

#include <string_view>

#include "gateway/observer.hpp"

namespace rsip {

/// "assigned"; "refused" for an answer that is an error, and nothing for any other: what it grants is an event itself.
std::string_view word_for(const gateway::Event& event);

/// "freed"
std::string_view word_for(gateway::End end);

/// How a binding was asked for, in the RFCs' spelling: "RSAP-IP".
std::string_view word_for(lease::Kind kind);

/// As --tunnel has it: "ipip".
std::string_view word_for(TunnelType type);

}  // namespace rsip
