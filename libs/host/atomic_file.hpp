// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "types/result.hpp"

namespace rsip::host {

/// Replaces the file as a whole, mode 0644: a reader sees the old text or the new, never a part, and so it is after a
/// crash. Where `path` is a symbolic link, the link is replaced.
Result<void> write_atomically(const std::string& path, const std::string& text);

/// A file that is not there is no error.
Result<void> remove_file(const std::string& path);

}  // namespace rsip::host
