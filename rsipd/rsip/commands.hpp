// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "rsip/options.hpp"

namespace rsip::program {

/// The commands. Each prints what there is to say and returns the exit code.
int up(const Options& options);
int status(const Options& options);
int down(const Options& options);
/// assign, listen, free, query: what a running instance does.
int ask(const Options& options);

}  // namespace rsip::program
