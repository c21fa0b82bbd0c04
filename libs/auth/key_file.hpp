// SPDX-License-Identifier: GPL-2.0-or-later
// Files with keys. Only their owner may have access to them. Empty lines and those that begin with # are comments.
#pragma once

#include <string>

#include "auth/key.hpp"
#include "types/result.hpp"

namespace rsip::auth {

/// The gateway's: "PREFIX KEY" on each line, the key being the rest of it.
Result<KeyTable> read_key_table(const std::string& path);

/// A host's: one line, "KEY".
Result<Key> read_key(const std::string& path);

}  // namespace rsip::auth
